import { describe, expect, test } from "vitest";
import { Random } from "../../../../simulation/random/random.ts";

describe("Random", () => {
  test("is the same for the same seed", () => {
    const draw = (seed: number) =>
      Array.from({ length: 3 }, (_, index) => new Random(seed + index).fraction());
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(5));
  });

  test.each([
    ["poisson()", (random: Random) => random.poisson(2)],
    ["geometric()", (random: Random) => random.geometric(2)],
    ["below()", (random: Random) => random.below(5)],
  ])("%s has the mean that it is asked for", (_name, draw) => {
    const random = new Random(7);
    const draws = Array.from({ length: 20_000 }, () => draw(random));
    expect(draws.reduce((sum, value) => sum + value) / draws.length).toBeCloseTo(2, 1);
  });
});
