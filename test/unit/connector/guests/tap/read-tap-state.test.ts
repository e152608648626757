import { describe, expect, test } from "vitest";
import { readTapState } from "../../../../../connector/guests/tap/read-tap-state.ts";

describe("readTapState()", () => {
  test("tells an interface that is there from one that is not", () => {
    // The loopback interface is up, and has no carrier to lose.
    expect(readTapState("lo")).toBe("up");
    expect(readTapState("no-such-tap")).toBe("absent");
  });

  test("does not take another failure for an absent tap", () => {
    // A file in the place of a folder: ENOTDIR.
    expect(readTapState("lo/operstate")).toBeUndefined();
  });
});
