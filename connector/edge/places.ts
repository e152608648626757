/** A bounded number of works at the same time; further ones begin in order when others have ended. */
export class Places {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** @param count ≥ 1 */
  constructor(count: number) {
    this.#free = count;
  }

  async use<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((begin) => this.#waiting.push(begin));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
