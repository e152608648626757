import { USAGE_STEPS } from "../../shared/protocol/request-log.ts";

/** Counts of the last hour, in buckets that a clock's number names: unix seconds by `USAGE_STEP_S`. */
export class UsageSeries {
  readonly #counts = new Uint32Array(USAGE_STEPS);
  #last: number;
  #sum = 0;

  constructor(bucket: number) {
    this.#last = bucket;
  }

  /** The newest bucket that has been counted in. */
  get last(): number {
    return this.#last;
  }

  /** Of all that was ever counted in. */
  get sum(): number {
    return this.#sum;
  }

  /** What is older than an hour is ignored. */
  add(bucket: number, count: number): void {
    this.#advance(bucket);
    if (bucket <= this.#last - USAGE_STEPS) return;
    this.#counts[bucket % USAGE_STEPS]! += count;
    this.#sum += count;
  }

  /** @returns the counts up to and with `bucket`, the oldest first */
  list(bucket: number): number[] {
    this.#advance(bucket);
    return Array.from({ length: USAGE_STEPS }, (_, index) => {
      const at = bucket - USAGE_STEPS + 1 + index;
      return at > this.#last - USAGE_STEPS && at >= 0 ? this.#counts[at % USAGE_STEPS]! : 0;
    });
  }

  #advance(bucket: number): void {
    const steps = Math.min(bucket - this.#last, USAGE_STEPS);
    for (let step = 1; step <= steps; step++) this.#counts[(this.#last + step) % USAGE_STEPS] = 0;
    if (bucket > this.#last) this.#last = bucket;
  }
}
