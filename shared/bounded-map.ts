/**
 * A map of bounded size: beyond it, the entry that was set longest ago is deleted.
 *
 * @example
 * ```ts
 * const links = new BoundedMap<string, Link>(10_000);
 * ```
 */
export class BoundedMap<Key, Value> {
  readonly #maxSize: number;
  readonly #entries = new Map<Key, Value>();

  /** @param maxSize entries, ≥ 1 */
  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  /** Sets an entry, which becomes the youngest. */
  set(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#maxSize) this.#deleteOldest();
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  #deleteOldest(): void {
    for (const key of this.#entries.keys()) {
      this.#entries.delete(key);
      return;
    }
  }
}
