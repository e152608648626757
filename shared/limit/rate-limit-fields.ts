import type { RateLimit } from "./gcra.ts";

/** What is left of a rate limit. */
export interface Quota {
  readonly limit: RateLimit;
  /** Requests that would be admitted now. */
  readonly remaining: number;
  /** Until another one is, or until all of the burst is there again where some are left; whole seconds. */
  readonly resetS: number;
}

/** `ratelimit-policy` and `ratelimit` (draft-ietf-httpapi-ratelimit-headers-10). */
export function rateLimitFields({ limit, remaining, resetS }: Quota): [name: string, value: string][] {
  const windowS = Math.max(1, Math.ceil(limit.burst / limit.perSecond));
  return [
    ["ratelimit-policy", `"default";q=${limit.burst};w=${windowS}`],
    ["ratelimit", `"default";r=${remaining};t=${resetS}`],
  ];
}
