import { describe, expect, test } from "vitest";
import { inheritedDescriptors } from "../../../../connector/supervisor/inherited-descriptors.ts";

describe("inheritedDescriptors()", () => {
  test("takes the sockets that are meant for this process", () => {
    expect(inheritedDescriptors({ LISTEN_FDS: "2", LISTEN_PID: "7" }, 7)).toEqual([3, 4]);
    expect(inheritedDescriptors({ LISTEN_FDS: "2", LISTEN_PID: "8" }, 7)).toEqual([]);
    expect(inheritedDescriptors({ LISTEN_FDS: "2" }, 7)).toEqual([]);
    expect(inheritedDescriptors({}, 7)).toEqual([]);
  });

  test.each(["-1", "1.5", "NaN", "Infinity", "257", "x"])("refuses LISTEN_FDS=%s", (count) => {
    expect(() => inheritedDescriptors({ LISTEN_FDS: count, LISTEN_PID: "7" }, 7)).toThrow(RangeError);
  });
});
