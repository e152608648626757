import type { GcraDecision, RateLimit } from "../../shared/gcra.ts";
import { refillMs, takeTokens } from "../../shared/gcra.ts";
import { leaseSize } from "./lease-size.ts";

/** Above this many buckets the full ones, which say nothing, are forgotten. */
const MAX_BUCKETS = 4096;

/** How far ahead of the buckets the mark is set: it is written at most once in this time. */
export const MARK_AHEAD_MS = 8_000;

export interface LeaseDecision {
  readonly tokens: number;
  /** Until there is another token; 0 where there is one now. */
  readonly retryAfterMs: number;
  /** Tokens left in the bucket. */
  readonly remaining: number;
  /** Until the bucket is full. */
  readonly fullAfterMs: number;
}

/** Outlives the memory that the buckets are in. */
export interface ArrivalMark {
  /** @returns unix milliseconds; 0 if nothing was ever written */
  read(): number;
  write(unixMs: number): void;
}

/**
 * GCRA buckets by name, all under one limit, in memory. A bucket that is full again equals one that was never used.
 * A changed limit starts them anew: times reckoned under a slow one would keep a fast one waiting.
 *
 * An object may lose its memory at any time, and must not hand out its burst again then. Writing each bucket down would
 * cost a write per request; one mark, which no bucket's arrival time exceeds, costs one in 8 s at most. After a loss
 * every bucket is taken to stand at the mark: no fuller than it was, but for what a lease adds.
 */
export class RateBuckets {
  readonly #mark: ArrivalMark;
  readonly #startedMs: number;
  #markMs: number;
  /** What a bucket that is not in memory may have stood at when memory was lost. */
  #lostArrivalMs: number;
  #limit: RateLimit | undefined;
  readonly #arrivals = new Map<string, number>();

  constructor(mark: ArrivalMark, nowMs: number) {
    this.#mark = mark;
    this.#startedMs = nowMs;
    this.#markMs = mark.read();
    this.#lostArrivalMs = this.#markMs;
  }

  /**
   * Takes as many tokens as are there, at most `wanted`.
   *
   * @returns the number taken, or 0 and how long until there is one
   */
  take(name: string, limit: RateLimit, nowMs: number, wanted = 1): LeaseDecision {
    this.#useLimit(limit);
    const arrivalMs = this.#arrivals.get(name) ?? this.#arrivalIfLost(limit);
    for (let tokens = wanted; tokens > 1; tokens = Math.floor(tokens / 2)) {
      const decision = takeTokens(limit, arrivalMs, nowMs, tokens);
      if (decision.allowed) return this.#keep(name, limit, decision, tokens, nowMs);
    }
    const decision = takeTokens(limit, arrivalMs, nowMs);
    if (decision.allowed) return this.#keep(name, limit, decision, 1, nowMs);
    const { retryAfterMs } = decision;
    return { tokens: 0, retryAfterMs, remaining: 0, fullAfterMs: arrivalMs - nowMs };
  }

  #useLimit(limit: RateLimit): void {
    if (limit.perSecond === this.#limit?.perSecond && limit.burst === this.#limit.burst) return;
    if (this.#limit !== undefined) {
      this.#arrivals.clear();
      this.#lostArrivalMs = 0;
    }
    this.#limit = limit;
  }

  /**
   * An empty bucket at the loss is the worst that can have been. Where the limit allows leases it starts with what one
   * adds: whoever comes first after a crash is not refused for a millisecond's sake.
   */
  #arrivalIfLost(limit: RateLimit): number {
    const missing = (limit.burst - (leaseSize(limit) - 1)) / limit.burst;
    return Math.min(this.#lostArrivalMs, this.#startedMs + refillMs(limit) * missing);
  }

  #keep(
    name: string,
    limit: RateLimit,
    { arrivalMs, remaining }: GcraDecision & { allowed: true },
    tokens: number,
    nowMs: number,
  ): LeaseDecision {
    this.#arrivals.set(name, arrivalMs);
    if (arrivalMs > this.#markMs) this.#moveMark(arrivalMs + MARK_AHEAD_MS);
    if (this.#arrivals.size > MAX_BUCKETS) this.#forgetFullBuckets(nowMs);
    const next = takeTokens(limit, arrivalMs, nowMs);
    const retryAfterMs = next.allowed ? 0 : next.retryAfterMs;
    return { tokens, retryAfterMs, remaining, fullAfterMs: arrivalMs - nowMs };
  }

  #moveMark(unixMs: number): void {
    this.#markMs = unixMs;
    this.#mark.write(unixMs);
  }

  #forgetFullBuckets(nowMs: number): void {
    for (const [name, arrivalMs] of this.#arrivals) if (arrivalMs <= nowMs) this.#arrivals.delete(name);
  }
}
