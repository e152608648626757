import type { GcraDecision, RateLimit } from "../../shared/gcra.ts";
import { takeTokens } from "../../shared/gcra.ts";

/** Above this many buckets the full ones, which say nothing, are forgotten. */
const MAX_BUCKETS = 4096;

export interface LeaseDecision {
  readonly tokens: number;
  /** Until there is a token; 0 where some were taken. */
  readonly retryAfterMs: number;
}

/**
 * GCRA buckets by name, all under one limit, in memory. A bucket that is full again equals one that was never used.
 * A changed limit starts them anew: times reckoned under a slow one would keep a fast one waiting.
 */
export class RateBuckets {
  #limit: RateLimit | undefined;
  readonly #arrivals = new Map<string, number>();

  /**
   * Takes as many tokens as are there, at most `wanted`.
   *
   * @returns the number taken, or 0 and how long until there is one
   */
  take(name: string, limit: RateLimit, nowMs: number, wanted = 1): LeaseDecision {
    if (limit.perSecond !== this.#limit?.perSecond || limit.burst !== this.#limit.burst) {
      this.#limit = limit;
      this.#arrivals.clear();
    }
    const arrivalMs = this.#arrivals.get(name) ?? 0;
    for (let tokens = wanted; tokens > 1; tokens = Math.floor(tokens / 2)) {
      const decision = takeTokens(limit, arrivalMs, nowMs, tokens);
      if (decision.allowed) return this.#keep(name, decision, tokens, nowMs);
    }
    const decision = takeTokens(limit, arrivalMs, nowMs);
    if (!decision.allowed) return { tokens: 0, retryAfterMs: decision.retryAfterMs };
    return this.#keep(name, decision, 1, nowMs);
  }

  #keep(
    name: string,
    decision: GcraDecision & { allowed: true },
    tokens: number,
    nowMs: number,
  ): LeaseDecision {
    this.#arrivals.set(name, decision.arrivalMs);
    if (this.#arrivals.size > MAX_BUCKETS) this.#forgetFullBuckets(nowMs);
    return { tokens, retryAfterMs: 0 };
  }

  #forgetFullBuckets(nowMs: number): void {
    for (const [name, arrivalMs] of this.#arrivals) if (arrivalMs <= nowMs) this.#arrivals.delete(name);
  }
}
