import type { Logger } from "pino";
import type { GuestOffer } from "../shared/protocol/control-api.ts";
import { withTimeout } from "../shared/with-timeout.ts";
import type { Announcer } from "./edge/announcer.ts";
import { EdgeError } from "./edge/edge-client.ts";
import type { Guest } from "./guests/guest.ts";
import type { GuestTable } from "./guests/guest-table.ts";
import { findRoute, RouteError } from "./guests/tap/find-route.ts";

/** The guest was not attached: its address leads elsewhere, or the edge refuses it. */
export class AttachError extends Error {
  override readonly name = "AttachError";
}

export interface Attachment {
  readonly guest: Guest;
  /** How the guest is reached, in words. */
  readonly way: string;
  readonly edgeKnows: boolean;
}

/** How long attach and detach wait for the edge; what it has not heard by then it hears later. */
const EDGE_WAIT_MS = 10_000;

/** Attaches and detaches guests, here first and then at the edge, whoever asks for it. */
export class Attachments {
  readonly #guests: GuestTable;
  readonly #announcer: Announcer;
  readonly #log: Logger;

  constructor(guests: GuestTable, announcer: Announcer, log: Logger) {
    this.#guests = guests;
    this.#announcer = announcer;
    this.#log = log;
  }

  /** @throws {AttachError} and nothing is attached */
  async attach(offer: GuestOffer): Promise<Attachment> {
    const way = await this.#way(offer);
    const guest = await this.#guests.attach(offer, Date.now());
    try {
      return { guest, way, edgeKnows: await succeedsInTime(this.#announcer.announce(guest)) };
    } catch (error) {
      if (this.#guests.find(guest.sandboxId) === guest) await this.#guests.detach(guest.sandboxId);
      throw error instanceof EdgeError ? new AttachError(error.message) : error;
    }
  }

  /** The guest is unreachable at once. @returns what was detached, if anything was */
  async detach(sandboxId: string): Promise<Omit<Attachment, "way"> | undefined> {
    const guest = await this.#guests.detach(sandboxId);
    if (guest === undefined) return undefined;
    const withdrawn = this.#announcer.withdraw(guest);
    withdrawn.catch((error: unknown) =>
      this.#log.warn({ sandbox: sandboxId, err: error }, "guest not withdrawn"),
    );
    return { guest, edgeKnows: await succeedsInTime(withdrawn).catch(() => false) };
  }

  async #way(offer: GuestOffer): Promise<string> {
    try {
      return await findRoute(offer);
    } catch (error) {
      throw error instanceof RouteError ? new AttachError(error.message) : error;
    }
  }
}

/** @returns whether the edge has responded in time; a refusal is thrown */
async function succeedsInTime(call: Promise<boolean>): Promise<boolean> {
  try {
    return await withTimeout(EDGE_WAIT_MS, call);
  } catch (error) {
    if (error instanceof DOMException && error.name === "TimeoutError") return false;
    throw error;
  }
}
