import { clampRateLimit } from "./clamp-rate-limit.ts";
import type { RateLimit } from "./gcra.ts";
import { DEFAULT_RATE_LIMIT } from "./gcra.ts";

/** An org's limit for each of its preview hostnames. */
export interface PreviewLimit extends RateLimit {
  /** A page's own requests that do not count, for each client; 0: each request counts. */
  readonly pageRequests: number;
}

/** The bounds of `pageRequests`, both inclusive. */
export const PAGE_REQUESTS_BOUNDS = { min: 0, max: 1_000 } as const;

export const DEFAULT_PREVIEW_LIMIT: PreviewLimit = { ...DEFAULT_RATE_LIMIT, pageRequests: 300 };

/** The highest limit that the tokens of an org may set; without `pageRequests` these have no ceiling. */
export type RateLimitCeiling = RateLimit & Partial<PreviewLimit>;

/** A limit as it may be in storage: a version before visits wrote it without `pageRequests`. */
export type StoredPreviewLimit = RateLimit & Partial<PreviewLimit>;

/**
 * The nearest limit that buckets can keep, as `clampRateLimit` makes it.
 *
 * @returns `pageRequests` as a whole number within its bounds: the default where it is absent, 0 where it is no number
 */
export function clampPreviewLimit(limit: StoredPreviewLimit): PreviewLimit {
  const { pageRequests = DEFAULT_PREVIEW_LIMIT.pageRequests } = limit;
  const { min, max } = PAGE_REQUESTS_BOUNDS;
  const clamped = Number.isNaN(pageRequests) ? min : Math.min(Math.max(pageRequests, min), max);
  return { ...clampRateLimit(limit), pageRequests: Math.floor(clamped) };
}
