import { describe, expect, test } from "vitest";
import { assignDescriptors } from "../../../../connector/supervisor/assign-descriptors.ts";

describe("assignDescriptors()", () => {
  test.each([
    [[3], 1, [[3]]],
    [[3], 3, [[3], [3], [3]]],
    [[3, 4], 2, [[3], [4]]],
    [[3, 4, 5], 2, [[3, 5], [4]]],
    [[3, 4], 3, [[3], [4], [3]]],
  ])("has of the sockets %j each accepted by one of %i workers", (descriptors, workers, expected) => {
    expect(assignDescriptors(descriptors, workers)).toEqual(expected);
  });
});
