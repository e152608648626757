/**
 * A rate limit: `perSecond` requests a second on average, `burst` of them at once.
 */
export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

export const DEFAULT_RATE_LIMIT: RateLimit = { perSecond: 1, burst: 10 };

/** Absorbs binary rounding of intervals such as 1000 / 3. */
const ROUNDING_MS = 1e-3;

export type GcraDecision =
  | { readonly allowed: true; readonly arrivalMs: number; readonly remaining: number }
  | { readonly allowed: false; readonly retryAfterMs: number };

/**
 * Generic Cell Rate Algorithm (ITU-T I.371), virtual scheduling form.
 *
 * @param arrivalMs the bucket's theoretical arrival time, unix milliseconds; 0 for a bucket never used
 * @param cost tokens asked for at once
 * @returns the bucket's next arrival time, or how long until `cost` tokens are there
 */
export function takeTokens(limit: RateLimit, arrivalMs: number, nowMs: number, cost = 1): GcraDecision {
  const intervalMs = 1000 / limit.perSecond;
  const next = Math.max(arrivalMs, nowMs) + cost * intervalMs;
  const waitMs = next - limit.burst * intervalMs - nowMs;
  if (waitMs > ROUNDING_MS) return { allowed: false, retryAfterMs: waitMs };
  return { allowed: true, arrivalMs: next, remaining: Math.floor(limit.burst - (next - nowMs) / intervalMs) };
}
