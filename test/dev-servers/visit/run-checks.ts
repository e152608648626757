import type { Browser } from "playwright-core";
import type { CheckName, DevServer } from "../dev-server.ts";
import { CHECKS } from "../dev-server.ts";
import type { Flavour } from "../flavour.ts";
import type { VisitPlace } from "./visit.ts";
import { Visit } from "./visit.ts";

/** `console`: no error in the page's console but the app's own, and no refusal of ours. */
export type ResultName = CheckName | "console";
export interface CheckResult {
  readonly flavour: Flavour;
  readonly check: ResultName;
  /** Why it failed; absent: it passed. */
  readonly failure?: string;
}

/** Does what a server's checks say, over one flavour of URL, in a browser profile of its own. */
export async function runChecks(
  browser: Browser,
  server: DevServer,
  place: VisitPlace,
  flavour: Flavour,
): Promise<CheckResult[]> {
  await using context = await browser.newContext();
  const visit = new Visit(await context.newPage(), flavour, place);
  const results: CheckResult[] = [];
  for (const check of CHECKS) {
    const run = server.checks[check];
    if (run === undefined) continue;
    const result = await settle(flavour, check, () => run(visit));
    results.push(result);
    // Without a page the others wait for nothing.
    if (check === "page" && result.failure !== undefined) break;
  }
  const errors = visit.errors.filter((error) => server.ownErrors?.test(error) !== true);
  const failed = errors.length === 0 ? {} : { failure: errors.join("; ") };
  return [...results, { flavour, check: "console", ...failed }];
}

async function settle(flavour: Flavour, check: CheckName, run: () => Promise<void>): Promise<CheckResult> {
  try {
    await run();
    return { flavour, check };
  } catch (error) {
    return { flavour, check, failure: error instanceof Error ? error.message : String(error) };
  }
}
