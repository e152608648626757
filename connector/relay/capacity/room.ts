import type { RelayState } from "../relay-state.ts";

/** What can be ended to make room. */
export interface Occupants<Occupant> {
  list(): Iterable<Occupant>;
  /** Since when nothing has moved, in monotonic milliseconds; `undefined` for one that is not to be ended. */
  idleSinceMs(occupant: Occupant): number | undefined;
  end(occupant: Occupant): void;
  readonly minIdleMs: number;
}

/** Found by one search: a flood of requests must not search all that is open once for each. */
const MAX_FOUND = 64;
const SEARCH_INTERVAL_MS = 250;

interface Found<Occupant> {
  readonly occupant: Occupant;
  readonly sinceMs: number;
}

/** Makes room where a limit is reached, by ending what has been idle for longest. */
export class Room<Occupant> {
  readonly #relay: RelayState;
  readonly #occupants: Occupants<Occupant>;
  /** Idle for longest last. */
  #found: Found<Occupant>[] = [];
  #nextSearchMs = Number.NEGATIVE_INFINITY;

  constructor(relay: RelayState, occupants: Occupants<Occupant>) {
    this.#relay = relay;
    this.#occupants = occupants;
  }

  /** @returns false where nothing has been idle for long enough */
  make(nowMs: number): boolean {
    if (this.#endFound()) return true;
    if (nowMs < this.#nextSearchMs) return false;
    this.#nextSearchMs = nowMs + SEARCH_INTERVAL_MS;
    this.#found = this.#search(nowMs);
    return this.#endFound();
  }

  #endFound(): boolean {
    for (let found = this.#found.pop(); found !== undefined; found = this.#found.pop()) {
      // It may have moved or ended since the search.
      if (this.#occupants.idleSinceMs(found.occupant) !== found.sinceMs) continue;
      this.#relay.counts.endedForRoom++;
      this.#occupants.end(found.occupant);
      return true;
    }
    return false;
  }

  #search(nowMs: number): Found<Occupant>[] {
    const found: Found<Occupant>[] = [];
    for (const occupant of this.#occupants.list()) {
      const sinceMs = this.#occupants.idleSinceMs(occupant);
      if (sinceMs !== undefined && nowMs - sinceMs >= this.#occupants.minIdleMs)
        found.push({ occupant, sinceMs });
    }
    return found.sort((left, right) => right.sinceMs - left.sinceMs).slice(-MAX_FOUND);
  }
}
