import { describe, expect, test } from "vitest";
import type { Round } from "../../../../bench/edge/judge-goals.ts";
import { judgeGoals } from "../../../../bench/edge/judge-goals.ts";

const GOOD: Round = {
  respond: 30,
  floor: 100,
  floorCall: 200,
  leasedPublic: 125,
  leasedLink: 120,
  unleased: 230,
  limited: 60,
};
const NO_CALLS = { objectCalls: 30, kvReads: 0, objectKvReads: 0.4 };

describe("bench:edge judgeGoals()", () => {
  test("calls a goal met at its limit", () => {
    const goals = judgeGoals([GOOD], NO_CALLS);
    expect(goals).toHaveLength(6);
    expect(goals.filter(({ met }) => !met)).toEqual([]);
  });

  test.each([
    ["leasedPublic", 126, "CPU per request, leased public ÷ floor", 1.26],
    ["leasedLink", 150, "CPU per request, leased link ÷ floor", 1.5],
    ["unleased", 232, "CPU per request, unleased ÷ (floor + one call)", 1.16],
    ["limited", 61, "CPU per request, remembered 429 ÷ floor", 0.61],
  ] as const)("misses one goal where %s costs %i", (name, micros, measure, value) => {
    const missed = judgeGoals([{ ...GOOD, [name]: micros }], NO_CALLS).filter(({ met }) => !met);
    expect(missed).toMatchObject([{ measure, value }]);
  });

  test.each([
    [{ objectCalls: 30.1 }, "object calls per 1 000 requests, leased at 100/s"],
    [{ kvReads: 0.1 }, "KV reads per 1 000 requests, leased at 100/s"],
  ])("misses one goal where %j are counted", (counted, measure) => {
    const missed = judgeGoals([GOOD], { ...NO_CALLS, ...counted }).filter(({ met }) => !met);
    expect(missed).toMatchObject([{ measure }]);
  });

  test("compares within a round, so that a slow round changes no ratio", () => {
    const slow = Object.fromEntries(
      Object.entries(GOOD).map(([name, micros]) => [name, micros * 3]),
    ) as never;
    expect(judgeGoals([GOOD, slow, slow, GOOD], NO_CALLS)).toEqual(judgeGoals([GOOD], NO_CALLS));
  });
});
