import { describe, expect, test } from "vitest";
import { toGbMonths } from "../../../../simulation/price/usage.ts";

describe("toGbMonths()", () => {
  test.each([
    ["a gigabyte for a month", 1e9, 30 * 86_400, 1],
    ["a gigabyte for three days", 1e9, 3 * 86_400, 0.1],
    ["24 KiB for eight days", 24 * 1024, 8 * 86_400, 6.5536e-6],
    ["nothing", 0, 86_400, 0],
  ])("of %s", (_case, bytes, seconds, gbMonths) => {
    expect(toGbMonths(bytes, seconds)).toBeCloseTo(gbMonths, 12);
  });
});
