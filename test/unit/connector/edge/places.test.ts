import { describe, expect, test } from "vitest";
import { Places } from "../../../../connector/edge/places.ts";

describe("Places", () => {
  test("lets so many works run at a time, the others in order, also after one that fails", async () => {
    const places = new Places(2);
    const begun: number[] = [];
    const ends: PromiseWithResolvers<void>[] = [];
    const works = [0, 1, 2, 3].map((index) =>
      places.use(() => {
        begun.push(index);
        ends[index] = Promise.withResolvers();
        return ends[index].promise;
      }),
    );
    expect(begun).toEqual([0, 1]);
    ends[1]?.reject(new Error("failed"));
    await expect(works[1]).rejects.toThrow("failed");
    expect(begun).toEqual([0, 1, 2]);
    ends[0]?.resolve();
    await works[0];
    expect(begun).toEqual([0, 1, 2, 3]);
    for (const end of ends) end.resolve();
    await places.use(async () => {});
  });
});
