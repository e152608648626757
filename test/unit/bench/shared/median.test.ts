import { describe, expect, test } from "vitest";
import { median } from "../../../../bench/shared/median.ts";

describe("median()", () => {
  test.each([
    [[3], 3],
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
  ])("of %j is %f", (values, expected) => {
    expect(median(values)).toBe(expected);
  });
});
