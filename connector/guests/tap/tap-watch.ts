import type { Guest } from "../guest.ts";
import { readTapState } from "./read-tap-state.ts";

/** With the time a check takes, a vanished tap is noticed within a second. */
const WATCH_INTERVAL_MS = 500;

export interface TapWatchOptions {
  list(): readonly Guest[];
  /** The guest's tap has vanished, or has lost the machine that it had. */
  onGone(guest: Guest): void;
}

/** Notices guests whose machine has ended without anybody detaching them. */
export class TapWatch {
  readonly #options: TapWatchOptions;
  /** Guests whose tap has been up: one that is down because it is still being started is not gone. */
  readonly #seenUp = new WeakSet<Guest>();
  #timer: NodeJS.Timeout | undefined;
  #checking = false;

  constructor(options: TapWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#check(), WATCH_INTERVAL_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    if (this.#checking) return;
    this.#checking = true;
    await Promise.all(this.#options.list().map((guest) => this.#checkGuest(guest)));
    this.#checking = false;
  }

  async #checkGuest(guest: Guest): Promise<void> {
    const { tap, namespace } = guest.record;
    if (tap === undefined) return;
    const state = await readTapState(tap, namespace);
    if (state === "up") this.#seenUp.add(guest);
    else if (state === "absent" || this.#seenUp.has(guest)) this.#options.onGone(guest);
  }
}
