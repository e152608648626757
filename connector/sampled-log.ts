/** Between two lines. */
const INTERVAL_MS = 10_000;

/** Counts events by their code, and writes at most one line in 10 s: the first event at once, then the sums. */
export class SampledLog {
  readonly #write: (counts: Readonly<Record<string, number>>) => void;
  #counts: Record<string, number> = {};
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(write: (counts: Readonly<Record<string, number>>) => void) {
    this.#write = write;
  }

  /** @param nowMs monotonic */
  count(code: string, nowMs: number): void {
    this.#counts[code] = (this.#counts[code] ?? 0) + 1;
    if (nowMs < this.#nextMs) return;
    this.#write(this.#counts);
    this.#counts = {};
    this.#nextMs = nowMs + INTERVAL_MS;
  }
}
