import { BoundedMap } from "../../shared/bounded-map.ts";
import { createGeneration, generationStartMs } from "../../shared/generation.ts";
import type { GuestOffer } from "../../shared/protocol/control-api.ts";
import { CLOCK_TOLERANCE_S } from "../../shared/protocol/signature.ts";
import type { GuestOptions } from "./guest.ts";
import { Guest } from "./guest.ts";
import type { GuestStore } from "./guest-store.ts";

export interface GuestTableOptions extends GuestOptions {
  readonly store: GuestStore;
  /** A guest is not reachable any more: everything that is open to it must end now. */
  onDetach(guest: Guest): void;
}

/**
 * A last start further in the future than this comes from a clock that was wrong. The edge refuses generations so far in
 * its future, so it knows none of them, and a new one need not be later.
 */
const MAX_CLOCK_STEP_MS = 2 * CLOCK_TOLERANCE_S * 1000;

/** Sandboxes whose last start is remembered, also after a detach; the one that was started longest ago is forgotten. */
const MAX_REMEMBERED_STARTS = 10_000;

/** The guests of this host. Addresses of guests come from this table only. */
export class GuestTable {
  readonly #options: GuestTableOptions;
  readonly #guests = new Map<string, Guest>();
  /** Last starts in unix milliseconds: the edge may not know yet that a guest has ended. */
  readonly #starts = new BoundedMap<string, number>(MAX_REMEMBERED_STARTS);
  /** Changes of one sandbox's file follow each other. */
  readonly #writes = new Map<string, Promise<void>>();
  #following = false;

  constructor(options: GuestTableOptions) {
    this.#options = options;
  }

  /** @returns paths of files that were set aside as unreadable */
  async load(): Promise<readonly string[]> {
    const { records, quarantined } = await this.#options.store.load();
    for (const record of records) this.#guests.set(record.sandboxId, new Guest(record, this.#options));
    return quarantined;
  }

  /** Begins to follow the agents of all guests, later ones included. */
  start(): void {
    this.#following = true;
    for (const guest of this.#guests.values()) guest.start();
  }

  stop(): void {
    this.#following = false;
    for (const guest of this.#guests.values()) guest.stop();
  }

  find(sandboxId: string): Guest | undefined {
    return this.#guests.get(sandboxId);
  }

  list(): Guest[] {
    return [...this.#guests.values()];
  }

  /** Starts a new generation, later than the former one of the same sandbox, which is ended first. */
  async attach(offer: GuestOffer, nowMs: number): Promise<Guest> {
    const generation = createGeneration(this.#nextStart(offer.sandboxId, nowMs));
    const guest = new Guest({ ...offer, generation }, this.#options);
    await this.#write(offer.sandboxId, async () => {
      await this.#options.store.save(guest.record);
      this.#end(offer.sandboxId);
      this.#guests.set(offer.sandboxId, guest);
      if (this.#following) guest.start();
    });
    return guest;
  }

  /**
   * Ends a guest at once, and one whose attach is under way as soon as that is done.
   *
   * @returns the guest that ended, if there was one
   */
  async detach(sandboxId: string): Promise<Guest | undefined> {
    let ended = this.#end(sandboxId);
    if (ended === undefined && !this.#writes.has(sandboxId)) return undefined;
    await this.#write(sandboxId, async () => {
      ended = this.#end(sandboxId) ?? ended;
      await this.#options.store.remove(sandboxId);
    });
    return ended;
  }

  /** After the last start, so that a clock that was set back a little does not make a new generation older. */
  #nextStart(sandboxId: string, nowMs: number): number {
    const attached = this.#guests.get(sandboxId);
    const lastMs =
      this.#starts.get(sandboxId) ?? (attached === undefined ? 0 : generationStartMs(attached.generation));
    const startMs = lastMs > nowMs + MAX_CLOCK_STEP_MS ? nowMs : Math.max(nowMs, lastMs + 1);
    this.#starts.set(sandboxId, startMs);
    return startMs;
  }

  #end(sandboxId: string): Guest | undefined {
    const guest = this.#guests.get(sandboxId);
    if (guest === undefined) return undefined;
    this.#guests.delete(sandboxId);
    guest.end();
    this.#options.onDetach(guest);
    return guest;
  }

  async #write(sandboxId: string, write: () => Promise<void>): Promise<void> {
    const before = this.#writes.get(sandboxId) ?? Promise.resolve();
    const done = before.then(write, write);
    this.#writes.set(sandboxId, done);
    try {
      await done;
    } finally {
      if (this.#writes.get(sandboxId) === done) this.#writes.delete(sandboxId);
    }
  }
}
