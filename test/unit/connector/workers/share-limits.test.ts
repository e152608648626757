import { describe, expect, test } from "vitest";
import { DEFAULT_RELAY_LIMITS } from "../../../../connector/relay/relay.ts";
import { shareLimits } from "../../../../connector/workers/share-limits.ts";

describe("shareLimits()", () => {
  test("leaves one relay what it has", () => {
    const limits = { maxStreams: 7 };
    expect(shareLimits(limits, 1)).toBe(limits);
  });

  test.each([2, 3, 64])("gives %i relays no more than one has, and each at least one place", (relays) => {
    const shared = shareLimits({ maxStreams: 100, drainIdleMs: 5 }, relays);
    expect(shared.drainIdleMs).toBe(5);
    expect(shared.maxStreams! * relays).toBeLessThanOrEqual(100);
    expect(shared.maxRequestsPerSandbox! * relays).toBeLessThanOrEqual(
      DEFAULT_RELAY_LIMITS.maxRequestsPerSandbox,
    );
    expect(shared.maxWaitersPerClient).toBe(Math.max(1, Math.floor(8 / relays)));
  });
});
