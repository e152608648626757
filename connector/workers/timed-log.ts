/** What happened within a time, in the order of its times; each entry once. Entries are JSON. */
export class TimedLog<Entry extends { readonly atMs: number }> {
  readonly #lifeMs: number;
  #entries: { readonly key: string; readonly entry: Entry }[] = [];
  readonly #keys = new Set<string>();

  /** @param lifeMs for how long an entry is kept */
  constructor(lifeMs: number) {
    this.#lifeMs = lifeMs;
  }

  /** @returns the entries that are later; `undefined` where it is known */
  add(entry: Entry, nowMs: number): Entry[] | undefined {
    this.#deleteOld(nowMs);
    const key = JSON.stringify(entry);
    if (this.#keys.has(key)) return undefined;
    let index = this.#entries.length;
    while (index > 0 && this.#entries[index - 1]!.entry.atMs > entry.atMs) index--;
    this.#entries.splice(index, 0, { key, entry });
    this.#keys.add(key);
    return this.#entries.slice(index + 1).map((later) => later.entry);
  }

  list(nowMs: number): Entry[] {
    this.#deleteOld(nowMs);
    return this.#entries.map(({ entry }) => entry);
  }

  /** Time of the last entry. */
  lastMs(nowMs: number): number {
    this.#deleteOld(nowMs);
    return this.#entries.at(-1)?.entry.atMs ?? Number.NEGATIVE_INFINITY;
  }

  /** Those from the future too, where the clock was set back by more than their life: nothing would end them. */
  #deleteOld(nowMs: number): void {
    const isOld = ({ entry }: { readonly entry: Entry }): boolean =>
      Math.abs(nowMs - entry.atMs) > this.#lifeMs;
    const [first] = this.#entries;
    const last = this.#entries.at(-1);
    if (first === undefined || last === undefined || !(isOld(first) || isOld(last))) return;
    for (const old of this.#entries.filter(isOld)) this.#keys.delete(old.key);
    this.#entries = this.#entries.filter((entry) => !isOld(entry));
  }
}
