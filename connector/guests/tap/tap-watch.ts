import type { Guest } from "../guest.ts";
import { NamespacedTaps } from "./namespaced-taps.ts";
import type { TapState } from "./parse-operstate.ts";
import { readTapState } from "./read-tap-state.ts";

/** With the time of a check, a tap that has vanished is noticed within a second. */
const TICK_MS = 500;

export interface TapWatchOptions {
  list(): readonly Guest[];
  /** The guest's tap has vanished, or has lost the machine that it had. Called once for each guest. */
  onGone(guest: Guest): void;
}

/**
 * Notices guests whose machine has ended without a detach.
 *
 * A tap in the connector's own namespace is a file that is read at every tick. A check of one in another namespace takes
 * a process, and is left to `NamespacedTaps`.
 */
export class TapWatch {
  readonly #options: TapWatchOptions;
  readonly #namespacedTaps: NamespacedTaps;
  /** Guests whose tap has been up: one that is down because its machine still starts is not gone. */
  readonly #seenUp = new WeakSet<Guest>();
  readonly #gone = new WeakSet<Guest>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TapWatchOptions) {
    this.#options = options;
    this.#namespacedTaps = new NamespacedTaps({
      list: () => options.list(),
      onState: (guest, state) => this.#handleState(guest, state),
    });
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#namespacedTaps.stop();
  }

  #tick(): void {
    for (const guest of this.#options.list()) {
      const { tap, namespace } = guest.record;
      if (tap !== undefined && namespace === undefined) this.#handleState(guest, readTapState(tap));
    }
    void this.#namespacedTaps.tick();
  }

  #handleState(guest: Guest, state: TapState | undefined): void {
    if (state === "up") this.#seenUp.add(guest);
    const isGone = state === "absent" || (state === "down" && this.#seenUp.has(guest));
    if (!isGone || this.#gone.has(guest)) return;
    this.#gone.add(guest);
    this.#options.onGone(guest);
  }
}
