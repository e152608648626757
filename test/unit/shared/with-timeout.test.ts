import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { withTimeout } from "../../../shared/with-timeout.ts";

const TIMEOUT_MS = 5000;

describe("withTimeout()", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("resolves with the promise's value, and leaves no timer", async () => {
    expect(await withTimeout(TIMEOUT_MS, Promise.resolve("value"))).toBe("value");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("rejects with the promise's own error, and leaves no timer", async () => {
    const error = new RangeError("own");
    await expect(withTimeout(TIMEOUT_MS, Promise.reject(error))).rejects.toBe(error);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("rejects with a TimeoutError when the time is over, and not before", async () => {
    const settled = vi.fn();
    const waiting = withTimeout(TIMEOUT_MS, new Promise<never>(() => {}));
    waiting.catch(settled);
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS - 1);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await expect(waiting).rejects.toMatchObject({
      name: "TimeoutError",
      message: "no response within 5000 ms",
    });
  });

  test.each(["resolves", "rejects"] as const)("ignores a promise that %s after the time", async (how) => {
    const late = Promise.withResolvers<void>();
    const waiting = withTimeout(TIMEOUT_MS, late.promise);
    const outcome = expect(waiting).rejects.toMatchObject({ name: "TimeoutError" });
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    await outcome;
    // A rejection without a handler would fail the run.
    if (how === "resolves") late.resolve();
    else late.reject(new Error("late"));
    await vi.runAllTimersAsync();
    await expect(waiting).rejects.toMatchObject({ name: "TimeoutError" });
  });
});
