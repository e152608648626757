import { describe, expect, test } from "vitest";
import { describeDelays, percentile } from "../../../../bench/waiting/describe-delays.ts";

const HUNDRED = Array.from({ length: 100 }, (_, index) => 100 - index);

describe("percentile()", () => {
  test.each([
    [50, 50],
    [95, 95],
    [100, 100],
    [0, 1],
  ])("finds the value below or at which %i per cent are", (percent, value) => {
    expect(percentile(HUNDRED, percent)).toBe(value);
  });
});

describe("describeDelays()", () => {
  test("names number, p50, p95 and the most", () => {
    expect(describeDelays(HUNDRED)).toBe("100 openings: p50 50 ms, p95 95 ms, most 100 ms");
    expect(describeDelays([7.4])).toBe("1 openings: p50 7 ms, p95 7 ms, most 7 ms");
  });
});
