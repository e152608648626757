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
  readonly route: string;
  readonly edgeKnows: boolean;
}

/** How long attach and detach wait for the edge; the announcer repeats the call after that. */
const EDGE_WAIT_MS = 10_000;

/** Attaches and detaches guests: in the guest table first, then at the edge. */
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
    const route = await findRouteOf(offer);
    const guest = await this.#guests.attach(offer, Date.now());
    try {
      return { guest, route, edgeKnows: await succeedsInTime(this.#announcer.announceAttach(guest)) };
    } catch (error) {
      if (this.#guests.find(guest.sandboxId) === guest) await this.#guests.detach(guest.sandboxId);
      throw error instanceof EdgeError ? new AttachError(error.message) : error;
    }
  }

  /** The guest is unreachable at once. @returns what was detached, if anything was */
  async detach(sandboxId: string): Promise<Omit<Attachment, "route"> | undefined> {
    const guest = await this.#guests.detach(sandboxId);
    if (guest === undefined) return undefined;
    const announced = this.#announcer.announceDetach(guest);
    announced.catch((error: unknown) =>
      this.#log.warn({ sandbox: sandboxId, err: error }, "detach not announced"),
    );
    return { guest, edgeKnows: await succeedsInTime(announced).catch(() => false) };
  }
}

/** @throws {AttachError} */
async function findRouteOf(offer: GuestOffer): Promise<string> {
  try {
    return await findRoute(offer);
  } catch (error) {
    throw error instanceof RouteError ? new AttachError(error.message) : error;
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
