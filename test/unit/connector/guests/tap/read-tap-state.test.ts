import { afterEach, describe, expect, test, vi } from "vitest";
import { askTapState, readTapState } from "../../../../../connector/guests/tap/read-tap-state.ts";

afterEach(() => vi.unstubAllEnvs());

describe("readTapState()", () => {
  test("tells an interface that is there from one that is not", () => {
    // The loopback interface is up, and has no carrier to lose.
    expect(readTapState("lo")).toBe("up");
    expect(readTapState("no-such-tap")).toBe("absent");
  });

  test("does not take another failure for an absent tap", () => {
    // A file on the way: ENOTDIR.
    expect(readTapState("lo/operstate")).toBeUndefined();
  });
});

describe("askTapState()", () => {
  test("tells that a namespace is absent", async () => {
    expect(await askTapState("tap0", "no-such-namespace")).toBe("absent");
  });

  test("does not take an ip that cannot be run for an absent tap", async () => {
    vi.stubEnv("PATH", "/nonexistent");
    expect(await askTapState("tap0", "no-such-namespace")).toBeUndefined();
  });
});
