import type { RelayGuest } from "../relay/relay.ts";
import type { CaptureLimits } from "./capture-limits.ts";
import { DEFAULT_CAPTURE_LIMITS } from "./capture-limits.ts";
import type { CapturedExchange } from "./captured-exchange.ts";
import type { ExchangeSink } from "./recorders.ts";
import { RequestLog } from "./request-log.ts";

/** At the limit so much is freed at once: to find the largest log takes time for each log. */
const FREED_PART = 64;

/** Is called with each exchange that is put into the log of a guest. */
export type ExchangeListener = (exchange: CapturedExchange) => void;

/** The request logs of all guests, in memory. Nothing of them is ever written to a disk. */
export class RequestLogs implements ExchangeSink {
  readonly #isAttached: (guest: RelayGuest) => boolean;
  readonly #limits: CaptureLimits;
  readonly #logs = new Map<RelayGuest, RequestLog>();
  readonly #listeners = new Map<RelayGuest, Set<ExchangeListener>>();
  #bytes = 0;

  /** @param isAttached whether it is the present generation of its sandbox */
  constructor(isAttached: (guest: RelayGuest) => boolean, limits = DEFAULT_CAPTURE_LIMITS) {
    this.#isAttached = isAttached;
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  find(guest: RelayGuest): RequestLog | undefined {
    return this.#logs.get(guest);
  }

  put(guest: RelayGuest, exchange: CapturedExchange): void {
    // An exchange may end after its guest.
    if (!this.#isAttached(guest)) return;
    let log = this.#logs.get(guest);
    if (log === undefined) {
      log = new RequestLog(guest.workspace ?? "", this.#limits);
      this.#logs.set(guest, log);
    }
    const before = log.bytes;
    log.put(exchange);
    this.#bytes += log.bytes - before;
    if (this.#bytes > this.#limits.maxKeptBytes) this.#makeRoom();
    const listeners = this.#listeners.get(guest);
    if (listeners !== undefined) for (const listen of listeners) listen(exchange);
  }

  /** The generation has ended, or its owner wants nothing kept. */
  forget(guest: RelayGuest): void {
    this.#bytes -= this.#logs.get(guest)?.bytes ?? 0;
    this.#logs.delete(guest);
  }

  /** @returns a function that stops */
  listen(guest: RelayGuest, listen: ExchangeListener): () => void {
    const listeners = this.#listeners.get(guest) ?? new Set();
    this.#listeners.set(guest, listeners.add(listen));
    return () => {
      listeners.delete(listen);
      if (listeners.size === 0) this.#listeners.delete(guest);
    };
  }

  /** Takes from the largest log of the workspace that has the most, so that nobody's requests push out another's log. */
  #makeRoom(): void {
    const enough = this.#limits.maxKeptBytes - Math.floor(this.#limits.maxKeptBytes / FREED_PART);
    while (this.#bytes > enough) {
      const largest = this.#findLargest();
      if (largest === undefined) return;
      const before = largest.bytes;
      const goal = before - Math.ceil(before / 4);
      while (this.#bytes - (before - largest.bytes) > enough && largest.bytes > goal) largest.forgetOldest();
      this.#bytes -= before - largest.bytes;
    }
  }

  #findLargest(): RequestLog | undefined {
    const byWorkspace = new Map<string, number>();
    for (const { workspace, bytes } of this.#logs.values())
      byWorkspace.set(workspace, (byWorkspace.get(workspace) ?? 0) + bytes);
    const [greediest] = [...byWorkspace].reduce((most, next) => (next[1] > most[1] ? next : most), ["", -1]);
    let largest: RequestLog | undefined;
    for (const log of this.#logs.values())
      if (log.workspace === greediest && log.bytes > (largest?.bytes ?? 0)) largest = log;
    return largest;
  }
}
