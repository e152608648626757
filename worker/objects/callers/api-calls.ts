import type { RateLimit } from "../../../shared/limit/gcra.ts";
import { DEFAULT_RATE_LIMIT } from "../../../shared/limit/gcra.ts";
import type { Quota } from "../../../shared/limit/rate-limit-fields.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import { RateBuckets } from "../rate-buckets.ts";
import { storedMark } from "../stored-mark.ts";

/** The calls of the REST API that the tokens of one workspace, or of one org, make: a bucket for each token. */
export class ApiCalls {
  readonly #buckets: RateBuckets;

  constructor(storage: DurableObjectStorage, nowMs: number) {
    this.#buckets = new RateBuckets(storedMark(storage), nowMs);
  }

  /**
   * Spends one of a token's calls.
   *
   * @param orgLimit the limit of the org's previews. The API has it too, but never less than the default: an org whose
   *   limit is too low must be able to raise it.
   */
  admit(tokenId: string, orgLimit: RateLimit, nowMs: number): Quota | Refusal {
    const limit = {
      perSecond: Math.max(orgLimit.perSecond, DEFAULT_RATE_LIMIT.perSecond),
      burst: Math.max(orgLimit.burst, DEFAULT_RATE_LIMIT.burst),
    };
    const lease = this.#buckets.take(tokenId, limit, nowMs);
    if (lease.permits === 0)
      return refuse("rate_limited", { retryAfterS: Math.ceil(lease.retryAfterMs / 1000), limit });
    return { limit, remaining: lease.remaining, resetS: Math.ceil(lease.fullAfterMs / 1000) };
  }
}
