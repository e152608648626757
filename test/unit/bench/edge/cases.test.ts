import { describe, expect, test } from "vitest";
import { createEdgeCases } from "../../../../bench/edge/cases.ts";

describe("createEdgeCases()", () => {
  test("expects refusals of the limited hostname only", () => {
    const previews = { leasedPublic: "a", leasedLink: "b", unleased: ["c", "d"], limited: "e" };
    const cases = createEdgeCases(previews, "edge");
    expect(cases.map(({ hostnames, refused = false }) => [hostnames.join(), refused])).toEqual([
      ["a", false],
      ["b", false],
      ["c,d", false],
      ["e", true],
    ]);
  });
});
