import type { Logger } from "pino";
import { LineBudget } from "./line-budget.ts";
import type { ExchangeReport } from "./relay/relay.ts";
import { SampledLog } from "./sampled-log.ts";

/** Lines about single requests in 10 s: 20 a second. */
export const MAX_EXCHANGE_LINES = 200;
/** Lines about bugs in 10 s; each has a stack. */
export const MAX_BUG_LINES = 10;
/** The longest method of the IANA registry has 17 letters. */
const MAX_METHOD_LENGTH = 20;

/**
 * Writes a line for each exchange: refused and aborted ones at level `warn`, the rest at `debug`. Requests without a
 * valid pass, which anyone can send, share a line, and so do those over `MAX_EXCHANGE_LINES`.
 */
export function logExchange(log: Logger): (report: ExchangeReport) => void {
  const isEnabled = { warn: log.isLevelEnabled("warn"), debug: log.isLevelEnabled("debug") };
  const unproven = new SampledLog((counts) => log.warn({ counts }, "requests without a valid pass"));
  const omitted = new SampledLog((counts) => log.warn({ counts }, "exchanges without a line of their own"));
  const budget = new LineBudget(MAX_EXCHANGE_LINES);
  return (report) => {
    if (!report.proven) {
      if (report.refused !== undefined) unproven.count(report.refused, performance.now());
      return;
    }
    const level = report.outcome === "refused" || report.outcome === "aborted" ? "warn" : "debug";
    if (!isEnabled[level]) return;
    const nowMs = performance.now();
    if (!budget.take(nowMs)) return omitted.count(report.refused ?? report.outcome, nowMs);
    log[level](
      {
        request: report.requestId,
        sandbox: report.upstream?.guest.sandboxId,
        port: report.upstream?.port,
        link: report.link,
        method: report.method.slice(0, MAX_METHOD_LENGTH),
        status: report.status,
        outcome: report.outcome,
        code: report.refused,
        durationMs: Math.round(report.durationMs),
      },
      "exchange",
    );
  };
}

/** Writes a line for each bug that requests meet, up to `MAX_BUG_LINES`. */
export function logBugs(log: Logger): (error: unknown, requestId: string) => void {
  const omitted = new SampledLog((counts) => log.error({ counts }, "bugs without a line of their own"));
  const budget = new LineBudget(MAX_BUG_LINES);
  return (error, requestId) => {
    const nowMs = performance.now();
    if (budget.take(nowMs)) log.error({ err: error, request: requestId }, "bug");
    else omitted.count("bug", nowMs);
  };
}
