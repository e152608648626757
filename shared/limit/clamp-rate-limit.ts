import type { RateLimit } from "./gcra.ts";

/** The bounds of every rate limit, both inclusive. */
export const RATE_LIMIT_BOUNDS = {
  perSecond: { min: 0.01, max: 10_000 },
  burst: { min: 1, max: 100_000 },
} as const satisfies Record<keyof RateLimit, { min: number; max: number }>;

/**
 * The nearest limit that a bucket can keep. For limits that are read from storage, which a former version may have
 * written.
 *
 * @returns a limit within `RATE_LIMIT_BOUNDS`, its burst a whole number; a member that is no number becomes its minimum
 *
 * @example An interval between two permits that no clock can count
 * ```ts
 * clampRateLimit({ perSecond: 1e-310, burst: 10 }); // { perSecond: 0.01, burst: 10 }
 * ```
 */
export function clampRateLimit({ perSecond, burst }: RateLimit): RateLimit {
  return {
    perSecond: clamp(perSecond, RATE_LIMIT_BOUNDS.perSecond),
    burst: Math.floor(clamp(burst, RATE_LIMIT_BOUNDS.burst)),
  };
}

function clamp(value: number, { min, max }: { readonly min: number; readonly max: number }): number {
  return Number.isNaN(value) ? min : Math.min(Math.max(value, min), max);
}
