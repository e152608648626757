import type { RateLimit } from "../../../shared/limit/gcra.ts";
import type { PreviewLimit } from "../../../shared/limit/preview-limit.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import { leaseSize } from "../lease-size.ts";
import type { Admission, AdmitAsk, Denial } from "../messages.ts";
import type { MarkStore } from "../rate-buckets.ts";
import { RateBuckets } from "../rate-buckets.ts";
import { SANDBOX_PAUSE_MS, SandboxBudget } from "../sandbox-budget.ts";
import { Visits } from "./visits.ts";

/** What the limits say about a request, or about several. */
export type Grant = Pick<Admission, "permits" | "afterwards" | "visits" | "share">;

const SANDBOX_LIMITED =
  "This sandbox has received more requests, on all its ports and links together, than its limit allows.";

/**
 * The limits of one sandbox's requests: a bucket for each hostname, the budget of all hostnames, and visits, which admit
 * what a page requests of its own hostname beside both.
 */
export class RequestLimits {
  readonly #buckets: RateBuckets;
  readonly #budget = new SandboxBudget();
  readonly #visits = new Visits();

  constructor(mark: MarkStore, nowMs: number) {
    this.#buckets = new RateBuckets(mark, nowMs);
  }

  /**
   * Decides about the next requests for one hostname. A page's own request draws on its visit; where that has nothing,
   * it pays for itself as any other request does, so that visits never admit less than the limit alone.
   *
   * @param bucket of the hostname
   */
  admit(
    bucket: string,
    { wanted = Infinity, page }: Pick<AdmitAsk, "wanted" | "page">,
    limit: PreviewLimit,
    nowMs: number,
  ): Grant | Denial {
    const { pageRequests } = limit;
    if (pageRequests === 0) return this.#pay(bucket, wanted, limit, nowMs);
    const drawn = page?.kind === "own" ? this.#visits.draw(bucket, page, pageRequests, nowMs) : undefined;
    if (drawn !== undefined && drawn.permits > 0) return { permits: 0, visits: true, share: drawn };
    const paid = this.#pay(bucket, wanted, limit, nowMs);
    if ("refusal" in paid) return drawn === undefined ? paid : { ...paid, share: drawn };
    if (page === undefined) return paid;
    if (drawn?.spent !== undefined) return { ...paid, share: drawn };
    return { ...paid, share: this.#visits.open(bucket, page, pageRequests, nowMs) };
  }

  /** Whether nothing is spent that must be remembered: every hostname's bucket is full. */
  isFull(nowMs: number): boolean {
    return this.#buckets.isFull(nowMs);
  }

  #pay(bucket: string, wanted: number, limit: PreviewLimit, nowMs: number): Grant | Denial {
    const visits = limit.pageRequests > 0 && ({ visits: true } as const);
    const most = Math.min(wanted, leaseSize(limit));
    const available = this.#budget.available(limit, most, nowMs);
    if (available === 0) return { ...denySandbox(limit), ...visits };
    const lease = this.#buckets.take(bucket, limit, nowMs, available);
    if (lease.permits === 0) return { ...deny(limit, lease.retryAfterMs), ...visits };
    this.#budget.spend(limit, lease.permits, nowMs);
    return {
      permits: lease.permits,
      ...(lease.retryAfterMs > 0 && { afterwards: { ...deny(limit, lease.retryAfterMs), ...visits } }),
      ...visits,
    };
  }
}

function denySandbox(limit: RateLimit): Denial {
  const refusal = refuse("rate_limited", {
    detail: SANDBOX_LIMITED,
    retryAfterS: Math.ceil(SANDBOX_PAUSE_MS / 1000),
    limit: SandboxBudget.limitFor(limit),
    budget: "sandbox",
  });
  return { refusal, rememberMs: SANDBOX_PAUSE_MS, forSandbox: true };
}

function deny({ perSecond, burst }: RateLimit, retryAfterMs: number): Denial {
  const facts = { retryAfterS: Math.ceil(retryAfterMs / 1000), limit: { perSecond, burst } };
  return { refusal: refuse("rate_limited", facts), rememberMs: retryAfterMs };
}
