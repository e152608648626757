import type { GuestChanges } from "../../shared/protocol/host-api.ts";
import type { Guest } from "../guests/guest.ts";

/** The guests in the last heartbeat that the edge has accepted, by the revision that it gave them. */
export class SentGuests {
  #revision: string | undefined;
  #guests: ReadonlySet<Guest> = new Set();

  /** @param revision absent where the edge holds no list */
  note(guests: readonly Guest[], revision: string | undefined): void {
    this.#revision = revision;
    this.#guests = revision === undefined ? new Set() : new Set(guests);
  }

  forget(): void {
    this.note([], undefined);
  }

  /** @returns `undefined` where the edge needs all guests */
  findChanges(guests: readonly Guest[]): GuestChanges | undefined {
    if (this.#revision === undefined) return undefined;
    const ended = new Set(Array.from(this.#guests, ({ sandboxId }) => sandboxId));
    for (const { sandboxId } of guests) ended.delete(sandboxId);
    return {
      since: this.#revision,
      attached: guests.filter((guest) => !this.#guests.has(guest)),
      ended: [...ended],
      count: guests.length,
    };
  }
}
