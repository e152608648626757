import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RateLimit } from "../../../../shared/limit/gcra.ts";
import { countPermits, DEFAULT_RATE_LIMIT, takePermits } from "../../../../shared/limit/gcra.ts";

const NOW_MS = 1_800_000_000_000;

const limits = fc.record({
  perSecond: fc.constantFrom(1 / 3, 0.01, 1, 2, 3, 7, 10, 100, 1000),
  burst: fc.integer({ min: 1, max: 50 }),
});

/** Sends a request at each time; returns the times of those that were admitted. */
function admitted(limit: RateLimit, times: readonly number[]): number[] {
  let arrivalMs = 0;
  return times.filter((nowMs) => {
    const decision = takePermits(limit, arrivalMs, nowMs);
    if (decision.allowed) arrivalMs = decision.arrivalMs;
    return decision.allowed;
  });
}

describe("takePermits()", () => {
  test("admits ten at once by default, and refuses the eleventh for a second", () => {
    let arrivalMs = 0;
    for (let left = 9; left >= 0; left--) {
      const decision = takePermits(DEFAULT_RATE_LIMIT, arrivalMs, NOW_MS);
      expect(decision).toMatchObject({ allowed: true, remaining: left });
      if (decision.allowed) arrivalMs = decision.arrivalMs;
    }
    expect(takePermits(DEFAULT_RATE_LIMIT, arrivalMs, NOW_MS)).toEqual({
      allowed: false,
      retryAfterMs: 1000,
    });
    expect(takePermits(DEFAULT_RATE_LIMIT, arrivalMs, NOW_MS + 999)).toEqual({
      allowed: false,
      retryAfterMs: 1,
    });
    expect(takePermits(DEFAULT_RATE_LIMIT, arrivalMs, NOW_MS + 1000)).toMatchObject({ allowed: true });
  });

  test("admits, in any window, at most the burst and what its time is worth", () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(limits, gaps, (limit, gapsMs) => {
        let nowMs = NOW_MS;
        const times = admitted(
          limit,
          gapsMs.map((gapMs) => (nowMs += gapMs)),
        );
        for (const [first, startMs] of times.entries()) {
          for (let last = first; last < times.length; last++) {
            const windowS = ((times[last] ?? 0) - startMs) / 1000;
            const most = limit.burst + limit.perSecond * windowS;
            expect(last - first + 1).toBeLessThanOrEqual(most + 1e-3);
          }
        }
      }),
    );
  });

  test("returns exactly how long to wait: refused a little before, admitted then", () => {
    fc.assert(
      fc.property(limits, fc.integer({ min: 0, max: 5000 }), (limit, laterMs) => {
        let arrivalMs = 0;
        for (let count = 0; count < limit.burst; count++) {
          const decision = takePermits(limit, arrivalMs, NOW_MS);
          expect(decision.allowed).toBe(true);
          if (decision.allowed) arrivalMs = decision.arrivalMs;
        }
        const nowMs = NOW_MS + Math.min(laterMs, 500 / limit.perSecond);
        const refused = takePermits(limit, arrivalMs, nowMs);
        expect(refused.allowed).toBe(false);
        if (refused.allowed) return;
        expect(takePermits(limit, arrivalMs, nowMs + refused.retryAfterMs)).toMatchObject({ allowed: true });
        const early = nowMs + refused.retryAfterMs * 0.9 - 0.01;
        expect(takePermits(limit, arrivalMs, early).allowed).toBe(false);
      }),
    );
  });

  test("admits steadily at exactly the rate, for intervals that binary cannot hold", () => {
    for (const perSecond of [3, 7, 30]) {
      const times = Array.from({ length: 5000 }, (_, index) => NOW_MS + (index * 1000) / perSecond);
      expect(admitted({ perSecond, burst: 1 }, times)).toHaveLength(5000);
    }
  });

  test("takes several permits at once, and never more than the burst", () => {
    const limit = { perSecond: 10, burst: 5 };
    expect(takePermits(limit, 0, NOW_MS, 5)).toMatchObject({ allowed: true, remaining: 0 });
    expect(takePermits(limit, 0, NOW_MS, 6)).toEqual({ allowed: false, retryAfterMs: 100 });
    expect(takePermits(limit, 0, NOW_MS, 5.0)).toMatchObject({ arrivalMs: NOW_MS + 500 });
  });

  test.each<[string, Partial<RateLimit>]>([
    ["NaN a second", { perSecond: Number.NaN }],
    ["Infinity a second", { perSecond: Number.POSITIVE_INFINITY }],
    ["-Infinity a second", { perSecond: Number.NEGATIVE_INFINITY }],
    ["1e-310 a second, a subnormal", { perSecond: 1e-310 }],
    ["the least number a second", { perSecond: Number.MIN_VALUE }],
    ["the greatest number a second", { perSecond: Number.MAX_VALUE }],
    ["more a second than can be counted", { perSecond: 1e9 }],
    ["0 a second", { perSecond: 0 }],
    ["-0 a second", { perSecond: -0 }],
    ["-1 a second", { perSecond: -1 }],
    ["a burst of NaN", { burst: Number.NaN }],
    ["a burst of Infinity", { burst: Number.POSITIVE_INFINITY }],
    ["a burst of -Infinity", { burst: Number.NEGATIVE_INFINITY }],
    ["a burst of the least number", { burst: Number.MIN_VALUE }],
    ["a burst of 0", { burst: 0 }],
    ["a burst of -1", { burst: -1 }],
  ])("refuses %s for a finite time", (_case, change) => {
    const decision = takePermits({ ...DEFAULT_RATE_LIMIT, ...change }, 0, NOW_MS);
    expect(decision.allowed).toBe(false);
    if (!decision.allowed) expect(Number.isFinite(decision.retryAfterMs)).toBe(true);
  });

  test.each([
    ["an arrival at NaN", Number.NaN, NOW_MS, 1],
    ["an arrival at Infinity", Number.POSITIVE_INFINITY, NOW_MS, 1],
    ["a clock at NaN", 0, Number.NaN, 1],
    ["a clock at Infinity", 0, Number.POSITIVE_INFINITY, 1],
    ["a cost of NaN", 0, NOW_MS, Number.NaN],
    ["a cost of Infinity", 0, NOW_MS, Number.POSITIVE_INFINITY],
    ["a cost of 0", 0, NOW_MS, 0],
    ["a cost of -1, which would add a permit", 0, NOW_MS, -1],
  ])("refuses %s", (_case, arrivalMs, nowMs, cost) => {
    expect(takePermits(DEFAULT_RATE_LIMIT, arrivalMs, nowMs, cost).allowed).toBe(false);
  });
});

describe("countPermits()", () => {
  test("counts as many permits as can be taken at once, and not one more", () => {
    const arrivals = fc.integer({ min: 0, max: 60_000 });
    fc.assert(
      fc.property(limits, fc.nat(50), arrivals, (limit, spent, laterMs) => {
        const first = takePermits(limit, 0, NOW_MS, Math.min(spent, limit.burst) || 1);
        const arrivalMs = first.allowed ? first.arrivalMs : 0;
        const nowMs = NOW_MS + laterMs;
        const permits = countPermits(limit, arrivalMs, nowMs);
        expect(takePermits(limit, arrivalMs, nowMs, permits + 1).allowed).toBe(false);
        if (permits > 0) expect(takePermits(limit, arrivalMs, nowMs, permits).allowed).toBe(true);
      }),
    );
  });

  test.each([
    ["a full bucket", 0, NOW_MS, 10],
    ["a bucket that misses more than its burst", NOW_MS + 60_000, NOW_MS, 0],
    ["an arrival at NaN", Number.NaN, NOW_MS, 0],
    ["an arrival at Infinity", Number.POSITIVE_INFINITY, NOW_MS, 0],
    ["a clock at NaN", 0, Number.NaN, 0],
  ])("of %s", (_title, arrivalMs, nowMs, permits) => {
    expect(countPermits(DEFAULT_RATE_LIMIT, arrivalMs, nowMs)).toBe(permits);
  });
});
