import { describe, expect, test } from "vitest";
import { SampledLog } from "../../../connector/sampled-log.ts";

describe("SampledLog.count()", () => {
  test("writes the first event at once, and the sums of the others after 10 s", () => {
    const lines: unknown[] = [];
    const log = new SampledLog((counts) => lines.push(counts));
    log.count("a", 0);
    for (let count = 0; count < 5; count++) log.count("a", 9_999);
    log.count("b", 9_999);
    log.count("b", 10_000);
    log.count("b", 10_001);
    expect(lines).toEqual([{ a: 1 }, { a: 5, b: 2 }]);
  });
});
