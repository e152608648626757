import type { RateLimit } from "./gcra.ts";

/**
 * What a limit is for: a hostname or an API token (`default`), all hostnames of a sandbox (`sandbox`), the own requests of
 * one client's page (`page`), or those of all pages of a hostname or of a sandbox.
 */
export type Budget = "default" | "sandbox" | PageBudget;
export type PageBudget = "page" | "hostname_pages" | "sandbox_pages";

/** What is left of a rate limit. */
export interface Quota {
  /** `default` if it is not given. */
  readonly budget?: Budget;
  readonly limit: RateLimit;
  /** Requests that would be admitted now. */
  readonly remaining: number;
  /** Whole seconds until the whole burst is there again; where nothing is left, until one request is admitted. */
  readonly resetS: number;
}

/**
 * `ratelimit-policy` and `ratelimit` (draft-ietf-httpapi-ratelimit-headers-10), an item for each quota.
 *
 * @param quotas ≥ 1
 */
export function rateLimitFields(...quotas: readonly Quota[]): [name: string, value: string][] {
  return [
    ["ratelimit-policy", quotas.map(policyItem).join(", ")],
    ["ratelimit", quotas.map(quotaItem).join(", ")],
  ];
}

function policyItem({ budget = "default", limit }: Quota): string {
  return `"${budget}";q=${limit.burst};w=${Math.max(1, Math.ceil(limit.burst / limit.perSecond))}`;
}

function quotaItem({ budget = "default", remaining, resetS }: Quota): string {
  return `"${budget}";r=${remaining};t=${resetS}`;
}
