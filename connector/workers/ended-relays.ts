import type { RelaysStats } from "./sum-stats.ts";
import { NO_STATS, sumStats } from "./sum-stats.ts";

/** Processes that may come back: one whose channel broke joins again, and counts on. */
const MAX_REMEMBERED = 64;

/**
 * The counters of relays whose process has ended, as they were last read: a sum that falls when a process ends would be
 * taken for a restart of the whole connector.
 */
export class EndedRelays {
  readonly #last = new Map<number, RelaysStats>();
  readonly #ended = new Map<number, RelaysStats>();
  #forgotten: RelaysStats = NO_STATS;

  /** Remembers what a process has counted. */
  note(pid: number, stats: RelaysStats): void {
    this.#last.set(pid, keepCounters(stats));
  }

  /** It has left. */
  end(pid: number): void {
    const last = this.#last.get(pid);
    if (last === undefined) return;
    this.#last.delete(pid);
    this.#ended.set(pid, last);
    for (const [oldest, counters] of this.#ended) {
      if (this.#ended.size <= MAX_REMEMBERED) break;
      this.#ended.delete(oldest);
      this.#forgotten = sumStats([this.#forgotten, counters]);
    }
  }

  /** It has joined, perhaps again: it counts by itself. */
  join(pid: number): void {
    this.#ended.delete(pid);
  }

  /** Counters of all that have ended; nothing of theirs is open. */
  get sum(): RelaysStats {
    return sumStats([this.#forgotten, ...this.#ended.values()]);
  }
}

function keepCounters({ counts, bytes, dials, responses }: RelaysStats): RelaysStats {
  return { ...NO_STATS, counts, bytes, dials, responses };
}
