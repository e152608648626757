const TICK_MS = 20;

/** Lets actions run at a bounded rate: at once where few come, in order and one tick after the other where many do. */
export class Pace {
  readonly #perTick: number;
  readonly #waiting = new Set<() => void>();
  #left: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(perSecond: number) {
    this.#perTick = Math.max(Math.floor((perSecond * TICK_MS) / 1000), 1);
    this.#left = this.#perTick;
  }

  /** @returns a function that takes the action back, where it has not run yet */
  run(action: () => void): () => void {
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
    if (this.#left > 0) {
      this.#left--;
      action();
      return () => {};
    }
    const waiting = (): void => action();
    this.#waiting.add(waiting);
    return () => void this.#waiting.delete(waiting);
  }

  #tick(): void {
    if (this.#waiting.size === 0 && this.#left === this.#perTick) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    this.#left = this.#perTick;
    for (const action of this.#waiting) {
      if (this.#left === 0) return;
      this.#left--;
      this.#waiting.delete(action);
      action();
    }
  }
}
