import pino from "pino";
import { describe, expect, test } from "vitest";
import { logBugs, logExchange, MAX_BUG_LINES, MAX_EXCHANGE_LINES } from "../../../connector/log-exchange.ts";
import type { ExchangeReport } from "../../../connector/relay/relay.ts";

const REPORT: ExchangeReport = {
  requestId: "9f02bfc4-060e-46b5-a4c1-f2620581104e",
  proven: true,
  upstream: undefined,
  link: undefined,
  method: "GET",
  status: 502,
  outcome: "refused",
  refused: "port_closed",
  durationMs: 1.4,
};

function record(): { lines: Record<string, unknown>[]; log: pino.Logger; bytes(): number } {
  const texts: string[] = [];
  const log = pino({ level: "info" }, { write: (text) => texts.push(text) });
  const lines: Record<string, unknown>[] = [];
  return {
    log,
    get lines() {
      return lines.concat(texts.map((text) => JSON.parse(text)));
    },
    bytes: () => texts.join("").length,
  };
}

describe("logExchange()", () => {
  test("writes the edge's request id, and nothing of a request that was answered", () => {
    const recording = record();
    const report = logExchange(recording.log);
    report(REPORT);
    report({ ...REPORT, outcome: "answered", refused: undefined, status: 200 });
    expect(recording.lines).toMatchObject([
      { request: REPORT.requestId, code: "port_closed", durationMs: 1 },
    ]);
  });

  test("is bounded in lines and bytes, whatever visitors with a valid pass send", () => {
    const recording = record();
    const report = logExchange(recording.log);
    for (let index = 0; index < 20_000; index++) report({ ...REPORT, method: "M".repeat(30_000) });
    expect(recording.lines.length).toBe(MAX_EXCHANGE_LINES + 1);
    expect(recording.lines.at(-1)).toMatchObject({ counts: { port_closed: 1 } });
    expect(recording.bytes()).toBeLessThan(MAX_EXCHANGE_LINES * 400);
  });

  test("writes one line for all without a valid pass, and none of what they claim", () => {
    const recording = record();
    const report = logExchange(recording.log);
    for (let index = 0; index < 20_000; index++)
      report({
        ...REPORT,
        proven: false,
        refused: "pass_invalid",
        requestId: `forged-${index}`,
        method: "FORGED",
      });
    expect(recording.lines).toMatchObject([{ counts: { pass_invalid: 1 } }]);
    expect(JSON.stringify(recording.lines).toLowerCase()).not.toContain("forged");
  });
});

describe("logBugs()", () => {
  test("writes stacks, a few in 10 s", () => {
    const recording = record();
    const report = logBugs(recording.log);
    for (let index = 0; index < 1_000; index++) report(new Error("a bug"), REPORT.requestId);
    expect(recording.lines.length).toBe(MAX_BUG_LINES + 1);
    expect(recording.lines[0]).toMatchObject({ request: REPORT.requestId, err: { message: "a bug" } });
  });
});
