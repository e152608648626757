import type { GcraDecision, RateLimit } from "../../shared/limit/gcra.ts";
import { refillMs, takePermits } from "../../shared/limit/gcra.ts";
import { leaseSize } from "./lease-size.ts";

/** Above this many buckets the full ones, which equal unused ones, are deleted. */
const MAX_BUCKETS = 4096;

/** How far ahead of the buckets the mark is set: it is written at most once in this time. */
export const MARK_AHEAD_MS = 8_000;

export interface LeaseDecision {
  readonly permits: number;
  /** Until there is another permit; 0 where there is one now. */
  readonly retryAfterMs: number;
  /** Permits left in the bucket. */
  readonly remaining: number;
  /** Until the bucket is full. */
  readonly fullAfterMs: number;
}

/** A time that no bucket's arrival time exceeds, and the rate under which it was computed. */
export interface ArrivalMark {
  readonly unixMs: number;
  readonly perSecond: number;
}

/** Where the mark is kept; it outlives the memory that the buckets are in. */
export interface MarkStore {
  read(): ArrivalMark | undefined;
  write(mark: ArrivalMark): void;
}

/**
 * GCRA buckets by name, all under one limit, in memory. A bucket that is full again equals one that was never used.
 * When the limit changes, as many permits are missing as before.
 *
 * An object may lose its memory at any time, and must not grant its burst again then. Storing each bucket would cost a
 * write for each request; one mark, which no bucket's arrival time exceeds, costs at most one in 8 s. After a loss every
 * bucket is assumed to stand at the mark: no fuller than it was, except for what a lease adds.
 */
export class RateBuckets {
  readonly #store: MarkStore;
  readonly #startedMs: number;
  #mark: ArrivalMark;
  /** The latest arrival time that a bucket can have had when memory was lost. */
  #lostArrivalMs: number;
  #limit: RateLimit | undefined;
  readonly #arrivals = new Map<string, number>();

  constructor(store: MarkStore, nowMs: number) {
    this.#store = store;
    this.#startedMs = nowMs;
    this.#mark = store.read() ?? { unixMs: 0, perSecond: 1 };
    this.#lostArrivalMs = this.#mark.unixMs;
  }

  /**
   * Takes as many permits as are there, at most `wanted`.
   *
   * @returns the number taken, or 0 and how long until there is one
   */
  take(name: string, limit: RateLimit, nowMs: number, wanted = 1): LeaseDecision {
    this.#useLimit(limit, nowMs);
    const arrivalMs = this.#arrivals.get(name) ?? this.#arrivalIfLost(limit);
    for (let permits = wanted; permits > 1; permits = Math.floor(permits / 2)) {
      const decision = takePermits(limit, arrivalMs, nowMs, permits);
      if (decision.allowed) return this.#keep(name, limit, decision, permits, nowMs);
    }
    const decision = takePermits(limit, arrivalMs, nowMs);
    if (decision.allowed) return this.#keep(name, limit, decision, 1, nowMs);
    const { retryAfterMs } = decision;
    return { permits: 0, retryAfterMs, remaining: 0, fullAfterMs: arrivalMs - nowMs };
  }

  /** Whether every bucket is full: none is emptier than one that was never used. */
  isFull(nowMs: number): boolean {
    return this.#mark.unixMs <= nowMs;
  }

  /** Arrival times of a slow limit would delay a fast one: they are converted. */
  #useLimit(limit: RateLimit, nowMs: number): void {
    const { perSecond } = this.#limit ?? this.#mark;
    const same = perSecond === limit.perSecond && (this.#limit?.burst ?? limit.burst) === limit.burst;
    this.#limit = limit;
    if (same) return;
    const convert = (arrivalMs: number): number => {
      const missing = (Math.max(0, arrivalMs - nowMs) * perSecond) / limit.perSecond;
      return nowMs + Math.min(missing, refillMs(limit));
    };
    for (const [name, arrivalMs] of this.#arrivals) this.#arrivals.set(name, convert(arrivalMs));
    this.#lostArrivalMs = convert(this.#lostArrivalMs);
    if (this.#mark.unixMs > nowMs) this.#moveMark(convert(this.#mark.unixMs));
  }

  /**
   * At worst the bucket was empty when memory was lost. Where the limit allows leases it starts with the permits of one
   * lease, so that the first request after a crash is not refused for a millisecond.
   */
  #arrivalIfLost(limit: RateLimit): number {
    const missing = (limit.burst - (leaseSize(limit) - 1)) / limit.burst;
    return Math.min(this.#lostArrivalMs, this.#startedMs + refillMs(limit) * missing);
  }

  #keep(
    name: string,
    limit: RateLimit,
    { arrivalMs, remaining }: GcraDecision & { allowed: true },
    permits: number,
    nowMs: number,
  ): LeaseDecision {
    this.#arrivals.set(name, arrivalMs);
    if (arrivalMs > this.#mark.unixMs) this.#moveMark(arrivalMs + MARK_AHEAD_MS);
    if (this.#arrivals.size > MAX_BUCKETS) this.#forgetFullBuckets(nowMs);
    const next = takePermits(limit, arrivalMs, nowMs);
    const retryAfterMs = next.allowed ? 0 : next.retryAfterMs;
    return { permits, retryAfterMs, remaining, fullAfterMs: arrivalMs - nowMs };
  }

  #moveMark(unixMs: number): void {
    this.#mark = { unixMs, perSecond: this.#limit?.perSecond ?? this.#mark.perSecond };
    this.#store.write(this.#mark);
  }

  #forgetFullBuckets(nowMs: number): void {
    for (const [name, arrivalMs] of this.#arrivals) if (arrivalMs <= nowMs) this.#arrivals.delete(name);
  }
}
