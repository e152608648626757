/**
 * A rate limit: `perSecond` requests a second on average, `burst` of them at once.
 */
export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

export const DEFAULT_RATE_LIMIT: RateLimit = { perSecond: 1, burst: 10 };

/**
 * Intervals are whole multiples of this, so that sums with unix milliseconds stay exact until 2109: rounding errors, all
 * in one direction, would cost a long burst its last permits. Rounded down, which grants 0.4 % more at 10 000 a second.
 */
const RESOLUTION_MS = 2 ** -11;

/** Until a bucket is asked again that cannot be computed. */
const NOT_COMPUTABLE_RETRY_MS = 60_000;

export type GcraDecision =
  | { readonly allowed: true; readonly arrivalMs: number; readonly remaining: number }
  | { readonly allowed: false; readonly retryAfterMs: number };

/**
 * Generic Cell Rate Algorithm (ITU-T I.371), virtual scheduling form.
 *
 * @param arrivalMs the bucket's theoretical arrival time, unix milliseconds; 0 for a bucket never used
 * @param cost permits asked for at once
 * @returns the bucket's next arrival time, or how long until `cost` permits are there; refused where a number is not
 *   finite or not positive, or a permit's interval is too short or too long to be counted
 */
export function takePermits(limit: RateLimit, arrivalMs: number, nowMs: number, cost = 1): GcraDecision {
  const intervalMs = permitIntervalMs(limit);
  const next = Math.max(arrivalMs, nowMs) + cost * intervalMs;
  const waitMs = next - limit.burst * intervalMs - nowMs;
  // `NaN > 0` is false: without this check a limit that cannot be computed would admit everything.
  const isComputable = intervalMs > 0 && cost > 0 && Number.isFinite(next) && Number.isFinite(waitMs);
  if (!isComputable) return { allowed: false, retryAfterMs: NOT_COMPUTABLE_RETRY_MS };
  if (waitMs > 0) return { allowed: false, retryAfterMs: waitMs };
  return { allowed: true, arrivalMs: next, remaining: Math.floor(limit.burst - (next - nowMs) / intervalMs) };
}

/**
 * How many permits a bucket has.
 *
 * @param arrivalMs as for `takePermits`
 * @returns a whole number, 0 where it cannot be computed
 */
export function countPermits(limit: RateLimit, arrivalMs: number, nowMs: number): number {
  const permits = Math.floor(limit.burst - Math.max(0, arrivalMs - nowMs) / permitIntervalMs(limit));
  return Number.isNaN(permits) ? 0 : Math.max(0, permits);
}

/** How long an empty bucket takes to fill. */
export function refillMs(limit: RateLimit): number {
  return limit.burst * permitIntervalMs(limit);
}

function permitIntervalMs({ perSecond }: RateLimit): number {
  return Math.floor(1000 / perSecond / RESOLUTION_MS) * RESOLUTION_MS;
}
