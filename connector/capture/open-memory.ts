import type { CaptureLimits } from "./capture-limits.ts";

/** The memory of one guest's exchanges that are under way, within that of all guests. */
export class OpenMemory {
  readonly #limits: CaptureLimits;
  readonly #all: { bytes: number };
  #bytes = 0;

  /** @param all what all guests have taken, which this one changes */
  constructor(limits: CaptureLimits, all: { bytes: number }) {
    this.#limits = limits;
    this.#all = all;
  }

  /** @returns false where so many bytes are not left */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#limits.maxOpenBytesPerSandbox) return false;
    if (this.#all.bytes + bytes > this.#limits.maxOpenBytes) return false;
    this.#bytes += bytes;
    this.#all.bytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
    this.#all.bytes -= bytes;
  }
}
