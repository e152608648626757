import { describe, expect, test } from "vitest";
import { clampRateLimit } from "../../../../shared/limit/clamp-rate-limit.ts";
import type { RateLimit } from "../../../../shared/limit/gcra.ts";
import { takePermits } from "../../../../shared/limit/gcra.ts";

const { MIN_VALUE, MAX_VALUE, NaN: NOT_A_NUMBER, POSITIVE_INFINITY, NEGATIVE_INFINITY } = Number;

describe("clampRateLimit()", () => {
  test.each<[limit: [number, number], clamped: [number, number]]>([
    [
      [1, 10],
      [1, 10],
    ],
    [
      [0.01, 1],
      [0.01, 1],
    ],
    [
      [10_000, 100_000],
      [10_000, 100_000],
    ],
    [
      [1e-310, 0],
      [0.01, 1],
    ],
    [
      [MIN_VALUE, MIN_VALUE],
      [0.01, 1],
    ],
    [
      [MAX_VALUE, MAX_VALUE],
      [10_000, 100_000],
    ],
    [
      [NOT_A_NUMBER, NOT_A_NUMBER],
      [0.01, 1],
    ],
    [
      [POSITIVE_INFINITY, POSITIVE_INFINITY],
      [10_000, 100_000],
    ],
    [
      [NEGATIVE_INFINITY, NEGATIVE_INFINITY],
      [0.01, 1],
    ],
    [
      [-0, -5],
      [0.01, 1],
    ],
    [
      [0.5, 1.9],
      [0.5, 1],
    ],
  ])("makes of %j %j, which a bucket can keep", ([perSecond, burst], [clampedRate, clampedBurst]) => {
    const limit: RateLimit = clampRateLimit({ perSecond, burst });
    expect(limit).toEqual({ perSecond: clampedRate, burst: clampedBurst });
    expect(takePermits(limit, 0, 1_800_000_000_000)).toMatchObject({ allowed: true });
  });
});
