import { BoundedMap } from "../../shared/bounded-map.ts";
import type { Generation } from "../../shared/generation.ts";
import { createGeneration, generationStartMs } from "../../shared/generation.ts";
import type { GuestOffer } from "../../shared/protocol/control-api.ts";
import { CLOCK_TOLERANCE_S } from "../../shared/protocol/signature.ts";
import { AbandonedError } from "./abandoned-error.ts";
import type { GuestOptions } from "./guest.ts";
import { Guest } from "./guest.ts";
import type { GuestStore } from "./guest-store.ts";

export interface GuestTableOptions extends GuestOptions {
  readonly store: GuestStore;
  /** A guest is reachable from now on. */
  onAttach?(guest: Guest): void;
  /** A guest is not reachable any more: everything that is open to it must end now. */
  onDetach(guest: Guest): void;
}

/**
 * Decides about a guest that could be attached, while the sandbox's former one still runs. Rejects to refuse it, and
 * where the signal aborts.
 */
export type ConfirmGuest = (guest: Guest, abandoned: AbortSignal) => Promise<void>;

/** A guest whose attach is under way. */
interface ArrivingGuest {
  readonly guest: Guest;
  /** Aborted by a later attach or detach. */
  readonly abandon: AbortController;
  /** Resolves when the guest is attached, or will not be. */
  readonly settled: Promise<void>;
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
  /** The last attach of each sandbox that is under way; earlier ones are abandoned. */
  readonly #arriving = new Map<string, ArrivingGuest>();
  /** Last starts in unix milliseconds: the edge may not know yet that a guest has ended. */
  readonly #starts = new BoundedMap<string, number>(MAX_REMEMBERED_STARTS);
  /** Changes of one sandbox's file follow each other. */
  readonly #writes = new Map<string, Promise<void>>();
  #following = false;

  constructor(options: GuestTableOptions) {
    this.#options = options;
  }

  /**
   * @returns paths of files that were set aside as unreadable
   * @throws {StateError}
   */
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

  /**
   * What the edge must not take for ended: attached guests, and in the place of the former ones those whose attach is
   * under way, which the edge may list already.
   */
  listWithArriving(): Guest[] {
    const arriving = Array.from(this.#arriving, ([sandboxId, { guest }]) => [sandboxId, guest] as const);
    return [...new Map([...this.#guests, ...arriving]).values()];
  }

  /** Whether the guest is attached, or its attach is under way. */
  holds(guest: Guest): boolean {
    const { sandboxId } = guest;
    return this.#guests.get(sandboxId) === guest || this.#arriving.get(sandboxId)?.guest === guest;
  }

  /** @returns where exactly this generation is being attached, a promise that resolves when that has succeeded or failed */
  findArriving(sandboxId: string, generation: Generation): Promise<void> | undefined {
    const arriving = this.#arriving.get(sandboxId);
    return arriving?.guest.generation === generation ? arriving.settled : undefined;
  }

  /**
   * Starts a new generation, later than the former one of the same sandbox. The former guest is ended last: where
   * anything fails before, it goes on, and so does what is open to it.
   *
   * @throws {StateError} the guest cannot be kept on disk, {AbandonedError}, or what `confirm` throws
   */
  async attach(offer: GuestOffer, nowMs: number, confirm: ConfirmGuest = async () => {}): Promise<Guest> {
    const { sandboxId } = offer;
    this.#abandon(sandboxId);
    const generation = createGeneration(this.#nextStart(sandboxId, nowMs));
    const guest = new Guest({ ...offer, generation }, this.#options);
    const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
    const arriving = { guest, abandon: new AbortController(), settled };
    this.#arriving.set(sandboxId, arriving);
    try {
      await this.#write(sandboxId, () => this.#replace(arriving, confirm));
    } finally {
      if (this.#arriving.get(sandboxId) === arriving) this.#arriving.delete(sandboxId);
      settle();
    }
    return guest;
  }

  /**
   * Attaches a guest anew, as it is, in a new generation. Does nothing where it is not attached any more, or is being
   * attached anew already.
   *
   * @throws as `attach`
   */
  async renew(guest: Guest, nowMs: number, confirm?: ConfirmGuest): Promise<Guest | undefined> {
    const { sandboxId, record, ports } = guest;
    if (this.#guests.get(sandboxId) !== guest || this.#arriving.has(sandboxId)) return undefined;
    return this.attach({ ...record, ports }, nowMs, confirm);
  }

  /**
   * Ends a guest at once, and abandons an attach that is under way.
   *
   * @returns the guest that ended, or whose attach was abandoned, if there was one
   * @throws {StateError}
   */
  async detach(sandboxId: string): Promise<Guest | undefined> {
    const arriving = this.#abandon(sandboxId);
    let ended = this.#end(sandboxId);
    if (ended === undefined && !this.#writes.has(sandboxId)) return undefined;
    await this.#write(sandboxId, async () => {
      ended = this.#end(sandboxId) ?? ended;
      await this.#options.store.remove(sandboxId);
    });
    return ended ?? arriving;
  }

  async #replace({ guest, abandon: { signal } }: ArrivingGuest, confirm: ConfirmGuest): Promise<void> {
    const { sandboxId } = guest;
    await this.#options.store.save(guest.record, async () => {
      if (!signal.aborted) await confirm(guest, signal);
      if (signal.aborted) throw new AbandonedError();
    });
    this.#end(sandboxId);
    this.#guests.set(sandboxId, guest);
    this.#options.onAttach?.(guest);
    if (this.#following) guest.start();
  }

  #abandon(sandboxId: string): Guest | undefined {
    const arriving = this.#arriving.get(sandboxId);
    arriving?.abandon.abort();
    return arriving?.guest;
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
