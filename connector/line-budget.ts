/** Of which at most `maxLines` are written. */
export const BUDGET_INTERVAL_MS = 10_000;

/** Admits so many log lines in 10 s: what visitors cause must not fill the log. */
export class LineBudget {
  readonly #maxLines: number;
  #left: number;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(maxLines: number) {
    this.#maxLines = maxLines;
    this.#left = maxLines;
  }

  /** @param nowMs monotonic @returns whether a line may be written */
  take(nowMs: number): boolean {
    if (nowMs >= this.#untilMs) {
      this.#untilMs = nowMs + BUDGET_INTERVAL_MS;
      this.#left = this.#maxLines;
    }
    return --this.#left >= 0;
  }
}
