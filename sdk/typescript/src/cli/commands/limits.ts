import { Command } from "commander";
import { checkText } from "../../checks.ts";
import { parseNumber } from "../parse-duration.ts";
import { runAction } from "../run-action.ts";

interface LimitOptions {
  readonly perSecond?: number;
  readonly burst?: number;
  readonly pageRequests?: number;
  readonly reset?: boolean;
}

type Limit = Record<string, unknown> & { readonly per_second: number; readonly burst: number };

export function createLimitsCommand(): Command {
  return new Command("limits")
    .description("show an org's rate limit, or set it with a token of the org")
    .argument("<org>", "its id")
    .option("--per-second <number>", "requests a second, on average", parseNumber)
    .option("--burst <number>", "requests at once", parseNumber)
    .option("--page-requests <number>", "requests that a visitor's page may make by itself", parseNumber)
    .option("--reset", "back to the default")
    .action(
      runAction<LimitOptions>(async ({ options, output, openClient, signal }, org = "") => {
        checkText("org", org, /^[\w-]{1,63}$/, "an org's id");
        const client = await openClient();
        const path = `/orgs/${org}/rate-limit`;
        const call = async (method: "GET" | "PUT" | "DELETE", body?: object): Promise<Limit> => {
          const response = await client.request({ method, path, body, signal });
          return (await response.json()) as Limit;
        };
        const wanted = membersOf(options);
        let limit = await call(options.reset === true ? "DELETE" : "GET");
        if (Object.keys(wanted).length > 0) {
          // A member that is left out would be set to its default.
          const { org: _org, max_rate_limit: _ceiling, ...current } = limit;
          limit = await call("PUT", { ...current, ...wanted });
        }
        output.result(limit, formatLimit(limit));
      }),
    );
}

function membersOf({ perSecond, burst, pageRequests }: LimitOptions): Record<string, number> {
  return {
    ...(perSecond !== undefined && { per_second: perSecond }),
    ...(burst !== undefined && { burst }),
    ...(pageRequests !== undefined && { page_requests: pageRequests }),
  };
}

function formatLimit({ org: _org, max_rate_limit: _ceiling, per_second, burst, ...others }: Limit): string {
  const rest = Object.entries(others).map(([name, value]) => `, ${name.replaceAll("_", " ")} ${value}`);
  return `${per_second} requests a second, ${burst} at once${rest.join("")}`;
}
