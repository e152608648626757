import type { Random } from "./random.ts";

/** Popularity by rank: the item of rank r, from 1, is requested r^-exponent times as often as the first. */
export class Zipf {
  readonly #cumulative: Float64Array;

  constructor(count: number, exponent: number) {
    this.#cumulative = new Float64Array(count);
    let sum = 0;
    for (let index = 0; index < count; index++) {
      sum += (index + 1) ** -exponent;
      this.#cumulative[index] = sum;
    }
  }

  /** The share of one index (rank − 1) in all requests. */
  share(index: number): number {
    const below = index === 0 ? 0 : this.#cumulative[index - 1]!;
    return (this.#cumulative[index]! - below) / this.#cumulative.at(-1)!;
  }

  /** An index, drawn by popularity. */
  draw(random: Random): number {
    const target = random.fraction() * this.#cumulative.at(-1)!;
    let low = 0;
    let high = this.#cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#cumulative[middle]! < target) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
