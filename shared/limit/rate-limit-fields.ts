import type { RateLimit } from "./gcra.ts";

/** What is left of a rate limit. */
export interface Quota {
  readonly limit: RateLimit;
  /** Requests that would be admitted now. */
  readonly remaining: number;
  /** Whole seconds until the whole burst is there again; where nothing is left, until one request is admitted. */
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
