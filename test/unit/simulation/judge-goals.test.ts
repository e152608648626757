import { describe, expect, test } from "vitest";
import type { Figures } from "../../../simulation/figures.ts";
import { judgeGoals } from "../../../simulation/judge-goals.ts";

describe("bench:scale judgeGoals()", () => {
  const figures = {
    peaks: { SANDBOX: 499, WORKSPACE: 1, HOST: 2 },
    worstRevocationS: 5,
    worstLimitChangeS: 60,
    dollars: 0.8,
  } as unknown as Figures;

  test("calls goals met at their limits", () => {
    expect(judgeGoals(figures).map(({ met }) => met)).toEqual([true, true, true, true]);
  });

  test.each([
    [{ peaks: { SANDBOX: 1, WORKSPACE: 500, HOST: 2 } }, "calls of the busiest object in one second"],
    [{ worstRevocationS: 5.001 }, "worst delay of a revocation"],
    [{ worstLimitChangeS: 60.001 }, "worst delay of a limit change"],
    [{ dollars: 0.801 }, "dollars per million requests, everything included"],
    [{ dollars: Infinity }, "dollars per million requests, everything included"],
  ])("misses with %j", (changed, measure) => {
    const missed = judgeGoals({ ...figures, ...changed } as Figures).filter(({ met }) => !met);
    expect(missed).toMatchObject([{ measure }]);
  });

  test("says nothing about what was not seen", () => {
    expect(judgeGoals({ ...figures, worstRevocationS: undefined })).toHaveLength(3);
  });
});
