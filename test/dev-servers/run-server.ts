import type { DevServer } from "./dev-server.ts";
import { FLAVOURS } from "./flavour.ts";
import { DevGuest } from "./guest/dev-guest.ts";
import type { MatrixSystem } from "./guest/matrix-system.ts";
import { findVersion } from "./project/find-version.ts";
import type { CheckResult } from "./visit/run-checks.ts";
import { runChecks } from "./visit/run-checks.ts";

export interface ServerResult {
  readonly server: DevServer;
  readonly version: string;
  readonly checks: readonly CheckResult[];
  /** Why nothing was checked. */
  readonly notRun?: string;
}

/** Starts a server in a guest and does its checks over both flavours of URL. */
export async function runServer(shared: MatrixSystem, server: DevServer): Promise<ServerResult> {
  try {
    await using guest = await DevGuest.start(shared, server);
    const checks: CheckResult[] = [];
    for (const flavour of FLAVOURS) checks.push(...(await runChecks(shared.browser, server, guest, flavour)));
    return { server, version: await findVersion(guest.folder, server.project), checks };
  } catch (error) {
    return {
      server,
      version: "",
      checks: [],
      notRun: error instanceof Error ? error.message : String(error),
    };
  }
}
