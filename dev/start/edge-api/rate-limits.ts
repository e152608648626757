/** A rate limit as the API has it. */
export interface RateLimitBody {
  readonly per_second: number;
  readonly burst: number;
}

/** The product's limit. */
export const DEFAULT_LIMIT: RateLimitBody = { per_second: 1, burst: 10 };

/** The limit of the demo's org without `--default-limits`. */
export const GENEROUS_LIMIT: RateLimitBody = { per_second: 5_000, burst: 10_000 };
