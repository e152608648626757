/** Upper bounds of the histogram's buckets, in seconds. */
export const DIAL_BUCKETS_S: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

/** How long dials of guests took. */
export interface DialCounts {
  /** By the bucket's upper bound, `+Inf` for the rest; each dial is in one of them. */
  readonly buckets: Readonly<Record<string, number>>;
  readonly sumSeconds: number;
  /** Dials that led to a refusal; they are in no bucket. */
  readonly failed: number;
}

/** Counts dials by plain numbers, and makes an object of them when it is asked. */
export class DialTimes {
  readonly #counts = new Array<number>(DIAL_BUCKETS_S.length + 1).fill(0);
  #sumMs = 0;
  #failed = 0;

  add(durationMs: number): void {
    let bucket = 0;
    while (bucket < DIAL_BUCKETS_S.length && durationMs > DIAL_BUCKETS_S[bucket]! * 1000) bucket++;
    this.#counts[bucket]!++;
    this.#sumMs += durationMs;
  }

  addFailure(): void {
    this.#failed++;
  }

  counts(): DialCounts {
    const bounds = [...DIAL_BUCKETS_S.map(String), "+Inf"];
    const buckets = Object.fromEntries(bounds.map((bound, index) => [bound, this.#counts[index]!]));
    return { buckets, sumSeconds: this.#sumMs / 1000, failed: this.#failed };
  }
}
