import type { Generation } from "../../../shared/generation.ts";
import type { GuestChanges, GuestStart } from "../../../shared/protocol/host-api.ts";
import { MAX_GUESTS_PER_HOST } from "../../../shared/protocol/host-api.ts";

/**
 * The guests that a host had by its last heartbeat, so that the next one need only say what has changed. In memory: after
 * that is lost, the host is asked for all of them.
 */
export class HeardGuests {
  readonly #guests = new Map<string, Generation>();
  #revision: string | undefined;

  /** Takes a whole list. @returns its revision */
  replace(guests: readonly GuestStart[]): string {
    this.#guests.clear();
    for (const { sandboxId, generation } of guests) this.#guests.set(sandboxId, generation);
    return this.#begin();
  }

  /** @returns the revision, or `undefined` where it does not hold the list that was changed: then it holds none any more */
  change({ since, attached, ended, count }: GuestChanges): string | undefined {
    if (since !== this.#revision) return this.forget();
    for (const sandboxId of ended) this.#guests.delete(sandboxId);
    for (const { sandboxId, generation } of attached) this.#guests.set(sandboxId, generation);
    const { size } = this.#guests;
    return size === count && size <= MAX_GUESTS_PER_HOST ? this.#begin() : this.forget();
  }

  *list(): Generator<GuestStart> {
    for (const [sandboxId, generation] of this.#guests) yield { sandboxId, generation };
  }

  forget(): undefined {
    this.#guests.clear();
    this.#revision = undefined;
  }

  /** Random, so that no list from before the memory was lost has the same. */
  #begin(): string {
    this.#revision = crypto.randomUUID();
    return this.#revision;
  }
}
