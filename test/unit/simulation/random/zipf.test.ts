import { describe, expect, test } from "vitest";
import { Random } from "../../../../simulation/random/random.ts";
import { Zipf } from "../../../../simulation/random/zipf.ts";

describe("Zipf", () => {
  test("draws as often as its shares say, and its shares make one", () => {
    const zipf = new Zipf(10, 1);
    const random = new Random(3);
    const counts = new Array<number>(10).fill(0);
    for (let count = 0; count < 20_000; count++) counts[zipf.draw(random)]! += 1;
    for (const [index, count] of counts.entries()) expect(count / 20_000).toBeCloseTo(zipf.share(index), 1);
    expect(counts.reduce((sum, _, index) => sum + zipf.share(index), 0)).toBeCloseTo(1, 9);
    expect(zipf.share(0) / zipf.share(4)).toBeCloseTo(5, 9);
  });
});
