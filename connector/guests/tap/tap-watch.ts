import type { Guest } from "../guest.ts";
import { NamespacedTaps } from "./namespaced-taps.ts";
import type { TapState } from "./read-tap-state.ts";
import { readTapState } from "./read-tap-state.ts";

/** With the time a look takes, a vanished tap is noticed within a second. */
const TICK_MS = 500;

export interface TapWatchOptions {
  list(): readonly Guest[];
  /** The guest's tap has vanished, or has lost the machine that it had. Told once. */
  onGone(guest: Guest): void;
}

/**
 * Notices guests whose machine has ended without anybody detaching them.
 *
 * A tap in the connector's own namespace is a file to read at every tick; one in another takes a process to look at,
 * and is left to `NamespacedTaps`.
 */
export class TapWatch {
  readonly #options: TapWatchOptions;
  readonly #distant: NamespacedTaps;
  /** Guests whose tap has been up: one that is down because it is still being started is not gone. */
  readonly #seenUp = new WeakSet<Guest>();
  readonly #gone = new WeakSet<Guest>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TapWatchOptions) {
    this.#options = options;
    this.#distant = new NamespacedTaps({
      list: () => options.list(),
      onState: (guest, state) => this.#take(guest, state),
    });
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#distant.stop();
  }

  #tick(): void {
    for (const guest of this.#options.list()) {
      const { tap, namespace } = guest.record;
      if (tap !== undefined && namespace === undefined) this.#take(guest, readTapState(tap));
    }
    void this.#distant.tick();
  }

  #take(guest: Guest, state: TapState | undefined): void {
    if (state === "up") this.#seenUp.add(guest);
    const isGone = state === "absent" || (state === "down" && this.#seenUp.has(guest));
    if (!isGone || this.#gone.has(guest)) return;
    this.#gone.add(guest);
    this.#options.onGone(guest);
  }
}
