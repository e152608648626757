import { afterEach, describe, expect, test, vi } from "vitest";
import { readNamespacedTapState } from "../../../../../connector/guests/tap/read-namespaced-tap-state.ts";

afterEach(() => vi.unstubAllEnvs());

describe("readNamespacedTapState()", () => {
  test("finds that a namespace is absent", async () => {
    expect(await readNamespacedTapState("tap0", "no-such-namespace")).toBe("absent");
  });

  test("does not take an ip that cannot be run for an absent tap", async () => {
    vi.stubEnv("PATH", "/nonexistent");
    expect(await readNamespacedTapState("tap0", "no-such-namespace")).toBeUndefined();
  });
});
