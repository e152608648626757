import type { Logger } from "pino";
import type { ExchangeReport } from "./relay/relay.ts";
import { SampledLog } from "./sampled-log.ts";

/**
 * Writes a line for each exchange: refused and aborted ones at level `warn`, the rest at `debug`. Requests without a
 * valid pass, which anyone can send, share a line.
 */
export function logExchange(log: Logger): (report: ExchangeReport) => void {
  const isEnabled = { warn: log.isLevelEnabled("warn"), debug: log.isLevelEnabled("debug") };
  const unproven = new SampledLog((counts) => log.warn({ counts }, "requests without a valid pass"));
  return (report) => {
    if (!report.proven) {
      if (report.refused !== undefined) unproven.count(report.refused, performance.now());
      return;
    }
    const level = report.outcome === "refused" || report.outcome === "aborted" ? "warn" : "debug";
    if (!isEnabled[level]) return;
    log[level](
      {
        request: report.requestId,
        sandbox: report.upstream?.guest.sandboxId,
        port: report.upstream?.port,
        link: report.link,
        method: report.method,
        status: report.status,
        outcome: report.outcome,
        code: report.refused,
        durationMs: Math.round(report.durationMs),
      },
      "exchange",
    );
  };
}
