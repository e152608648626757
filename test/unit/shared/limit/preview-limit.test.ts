import { describe, expect, test } from "vitest";
import { clampPreviewLimit } from "../../../../shared/limit/preview-limit.ts";

const RATES = { perSecond: 1, burst: 10 };

describe("clampPreviewLimit()", () => {
  test.each([
    [0, 0],
    [300, 300],
    [1_000, 1_000],
    [1_001, 1_000],
    [-1, 0],
    [0.9, 0],
    [7.9, 7],
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, 1_000],
    [Number.NEGATIVE_INFINITY, 0],
    [Number.MIN_VALUE, 0],
  ])("makes of %j requests of a page %j", (pageRequests, clamped) => {
    expect(clampPreviewLimit({ ...RATES, pageRequests })).toEqual({ ...RATES, pageRequests: clamped });
  });

  test("gives a limit of a former version the default", () => {
    expect(clampPreviewLimit(RATES)).toEqual({ ...RATES, pageRequests: 300 });
  });

  test("moves the other members inside their bounds, too", () => {
    expect(clampPreviewLimit({ perSecond: 1e-310, burst: 0, pageRequests: 5 })).toEqual({
      perSecond: 0.01,
      burst: 1,
      pageRequests: 5,
    });
  });
});
