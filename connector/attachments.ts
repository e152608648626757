import type { Logger } from "pino";
import type { GuestOffer } from "../shared/protocol/control-api.ts";
import { withTimeout } from "../shared/with-timeout.ts";
import type { Announcer } from "./edge/announcer.ts";
import { EdgeError } from "./edge/edge-client.ts";
import { AbandonedError } from "./guests/abandoned-error.ts";
import type { AddressRules } from "./guests/address/assert-guest-address.ts";
import { AddressError, assertGuestAddress } from "./guests/address/assert-guest-address.ts";
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

export interface AttachmentsOptions {
  readonly guests: GuestTable;
  readonly announcer: Announcer;
  readonly addresses: AddressRules;
  /** Resolves when no relay serves a guest that has been ended before. */
  settle?(): Promise<void>;
  readonly log: Logger;
}

/** How long attach and detach wait for the edge; the announcer repeats the call after that. */
const EDGE_WAIT_MS = 10_000;

/**
 * Attaches and detaches guests.
 *
 * Attach asks the edge first, and changes the guest table last: a refused attach changes nothing. Detach changes the
 * table first: the guest has ended.
 */
export class Attachments {
  readonly #options: AttachmentsOptions;

  constructor(options: AttachmentsOptions) {
    this.#options = options;
  }

  isAttached(sandboxId: string): boolean {
    return this.#options.guests.find(sandboxId) !== undefined;
  }

  /**
   * @throws {AttachError} and nothing has changed: a guest of the same sandbox still runs, and its connections are open
   * @throws {StateError} the same, where the guest cannot be kept on disk
   */
  async attach(offer: GuestOffer): Promise<Attachment> {
    const { guests, addresses } = this.#options;
    try {
      await assertGuestAddress(offer.address, addresses);
      const route = await findRoute(offer);
      let edgeKnows = false;
      const guest = await guests.attach(offer, Date.now(), async (arriving, abandoned) => {
        edgeKnows = await this.#askEdge(arriving, abandoned);
      });
      await this.#settle();
      return { guest, route, edgeKnows };
    } catch (error) {
      throw isExpected(error) ? new AttachError(error.message) : error;
    }
  }

  /**
   * Attaches a guest anew, in a new generation, after the edge has ended the former one: what is open to it ends.
   *
   * @throws as `attach`
   */
  async renew(guest: Guest): Promise<void> {
    await this.#options.guests.renew(guest, Date.now(), async (arriving, abandoned) => {
      await this.#askEdge(arriving, abandoned);
    });
  }

  /**
   * The guest is unreachable at once.
   *
   * @returns what was detached, if anything was
   * @throws {StateError}
   */
  async detach(sandboxId: string): Promise<Omit<Attachment, "route"> | undefined> {
    const guest = await this.#options.guests.detach(sandboxId);
    if (guest === undefined) return undefined;
    const announced = succeedsInTime(this.#announceDetach(guest));
    await this.#settle();
    return { guest, edgeKnows: await announced };
  }

  /** A relay that does not respond is ended by its supervisor. */
  async #settle(): Promise<void> {
    await this.#options.settle?.().catch((error: unknown) => {
      this.#options.log.warn({ err: error }, "a relay does not respond");
    });
  }

  /**
   * @returns whether the edge has accepted the guest; `false` where it has not responded in time
   * @throws {EdgeError} the edge refuses it, {AbandonedError}, {AttachError}
   */
  async #askEdge(guest: Guest, abandoned: AbortSignal): Promise<boolean> {
    const announced = this.#options.announcer.announceAttach(guest);
    announced.catch((error: unknown) =>
      this.#options.log.warn({ sandbox: guest.sandboxId, err: error }, "the edge refuses the guest"),
    );
    try {
      const accepted = await rejectWhenAborted(abandoned, succeedsInTime(announced));
      if (!accepted) this.#assertSameWorkspace(guest);
      return accepted;
    } catch (error) {
      // Without a response the edge may have accepted it all the same.
      if (!(error instanceof EdgeError)) void this.#announceDetach(guest);
      throw error;
    }
  }

  /** The edge would refuse it, and might do so when the guest that runs has already been ended for it. */
  #assertSameWorkspace({ sandboxId, record }: Guest): void {
    const running = this.#options.guests.find(sandboxId);
    if (running === undefined || running.record.workspace === record.workspace) return;
    throw new AttachError(
      `the edge does not respond, and the sandbox runs here for workspace ${running.record.workspace}`,
    );
  }

  /** @returns whether the edge knows that the guest has ended */
  async #announceDetach(guest: Guest): Promise<boolean> {
    try {
      return await this.#options.announcer.announceDetach(guest);
    } catch (error) {
      this.#options.log.warn({ sandbox: guest.sandboxId, err: error }, "detach not announced");
      return false;
    }
  }
}

function isExpected(error: unknown): error is Error {
  return (
    error instanceof EdgeError ||
    error instanceof RouteError ||
    error instanceof AddressError ||
    error instanceof AbandonedError
  );
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

/** @throws {AbandonedError} as soon as the signal aborts */
async function rejectWhenAborted<Value>(signal: AbortSignal, call: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abandon = (): void => reject(new AbandonedError());
  if (signal.aborted) abandon();
  signal.addEventListener("abort", abandon, { once: true });
  try {
    return await Promise.race([call, promise]);
  } finally {
    signal.removeEventListener("abort", abandon);
  }
}
