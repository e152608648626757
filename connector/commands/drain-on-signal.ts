import type { Logger } from "pino";
import type { Connector } from "../connector.ts";

/** The first SIGTERM or SIGINT drains; a second one ends the process at once. */
export function drainOnSignal(connector: Connector, log: Logger): void {
  let draining = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (draining) {
        log.warn({ signal }, "ending at once");
        process.exit(1);
      }
      draining = true;
      log.info({ signal }, "draining");
      connector.drain().then(() => process.exit(0));
    });
  }
}
