import { beforeAll, describe, expect, test } from "vitest";
import type { EdgeModules } from "../../../../simulation/platform/edge-modules.ts";
import { loadEdgeModules } from "../../../../simulation/platform/edge-modules.ts";
import { estimateLogLines, LogLines } from "../../../../simulation/price/log-lines.ts";

const RATE = 0.01;

describe("LogLines", () => {
  let modules: EdgeModules;
  beforeAll(async () => {
    modules = await loadEdgeModules();
  });

  test.each<[string, string | undefined, boolean, boolean]>([
    ["an app's response", undefined, true, false],
    ["a refusal of the object", "rate_limited", true, true],
    ["the same, repeated by the isolate", "rate_limited", false, false],
    ["a sandbox that does not exist", "sandbox_not_found", true, true],
    ["a silent host, repeated by the isolate", "host_unreachable", false, false],
    ["a hostname that is not ours", "unknown_host", false, false],
  ])("counts %s by the edge's own rule", (_case, code, asked, always) => {
    const lines = new LogLines(modules, RATE);
    lines.countRequest(code, asked);
    const refused = code === undefined ? 0 : 1;
    expect(lines.counts).toEqual({ requests: 1, refused, alwaysLogged: always ? 1 : 0, others: 0 });
  });

  test("counts a line about no request, and forgets all at a restart", () => {
    const lines = new LogLines(modules, RATE);
    lines.countOther();
    expect(lines.counts.others).toBe(1);
    lines.restart();
    expect(lines.counts).toEqual({ requests: 0, refused: 0, alwaysLogged: 0, others: 0 });
  });

  test("counts each request at a sample rate of 1 as always logged only if it was refused", () => {
    const lines = new LogLines(modules, 1);
    lines.countRequest(undefined, true);
    lines.countRequest("unknown_host", false);
    expect(estimateLogLines(lines.counts, 1).expected).toBe(2);
  });
});

describe("estimateLogLines()", () => {
  const counts = { requests: 1_000, refused: 100, alwaysLogged: 60, others: 5 };

  test("is between sampling all refusals and a line for each", () => {
    expect(estimateLogLines(counts, RATE)).toEqual({
      least: 10 + 5,
      expected: 9.4 + 60 + 5,
      most: 9 + 100 + 5,
    });
  });

  test("is each request at a sample rate of 1, and refusals at 0", () => {
    expect(estimateLogLines(counts, 1).expected).toBe(1_005);
    expect(estimateLogLines(counts, 0).expected).toBe(65);
  });
});
