import type { Logger } from "pino";
import { HEARTBEAT_INTERVAL_MS } from "../../shared/protocol/host-api.ts";
import type { Guest } from "../guests/guest.ts";
import type { GuestTable } from "../guests/guest-table.ts";
import type { EdgeClient } from "./edge-client.ts";
import { EdgeError } from "./edge-client.ts";
import { pauseUnlessAborted } from "./pause-unless-aborted.ts";
import { Places } from "./places.ts";
import { PortReports } from "./port-reports.ts";

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 10_000;

/** Each is a connection, and work of the edge: after a restart thousands of guests are announced. */
const MAX_CALLS_AT_ONCE = 64;

export interface AnnouncerOptions {
  readonly edge: EdgeClient;
  readonly guests: GuestTable;
  readonly log: Logger;
  /** The edge has ended the generation of a guest that runs: it has to be announced in a new one. */
  renew(guest: Guest): Promise<unknown>;
}

/** What the edge has responded about a guest. */
export interface Announcement {
  readonly edgeKnows: boolean;
  /** Why it has refused the guest. */
  readonly edgeRefusal?: string;
}

/** Whether heartbeats arrive. */
export interface EdgeStatus {
  /** When the edge accepted the last one, unix milliseconds. */
  readonly heardAtMs?: number;
  /** Why the last one failed. */
  readonly failure?: string;
}

const UNANNOUNCED: Announcement = { edgeKnows: false };

/**
 * Announces the changes of the guest table to the edge.
 *
 * Calls about one sandbox follow each other. A call that fails for a passing reason is repeated until it succeeds or
 * is obsolete. Heartbeats find what was missed all the same.
 */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #queues = new Map<string, Promise<unknown>>();
  readonly #places = new Places(MAX_CALLS_AT_ONCE);
  readonly #stop = new AbortController();
  readonly #announcements = new WeakMap<Guest, Announcement>();
  readonly #portReports: PortReports;
  #status: EdgeStatus = {};

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    this.#portReports = new PortReports((guest) => this.#reportPorts(guest), this.#stop.signal);
  }

  /** Sends heartbeats until `stop`, and announces every guest as soon as the first one is accepted. */
  start(): void {
    void this.#sendHeartbeats();
  }

  stop(): void {
    this.#stop.abort();
  }

  status(): EdgeStatus {
    return this.#status;
  }

  /** What is known of the guest's announcement. */
  describe(guest: Guest): Announcement {
    return this.#announcements.get(guest) ?? UNANNOUNCED;
  }

  /**
   * Resolves when the edge knows the guest, or when the announcement is obsolete.
   *
   * @returns whether the edge knows it
   * @throws {EdgeError} the edge refuses it for good
   */
  async announceAttach(guest: Guest): Promise<boolean> {
    try {
      return await this.#enqueue(
        guest,
        () => this.#attach(guest),
        () => this.#options.guests.holds(guest),
      );
    } catch (error) {
      if (error instanceof EdgeError)
        this.#announcements.set(guest, { edgeKnows: false, edgeRefusal: error.message });
      throw error;
    }
  }

  /** Resolves when the edge has forgotten the guest, to `true`, or when the announcer has stopped. */
  announceDetach(guest: Guest): Promise<boolean> {
    return this.#enqueue(
      guest,
      () => this.#options.edge.detach(guest),
      () => true,
    );
  }

  /** Reports the guest's open ports, as they are when the report is sent: at once, then once a second at most. */
  reportPorts(guest: Guest): void {
    this.#portReports.request(guest);
  }

  async #attach(guest: Guest): Promise<void> {
    const ports = guest.listPorts();
    await this.#options.edge.attach(guest);
    this.#announcements.set(guest, { edgeKnows: true });
    this.#portReports.noteReported(guest, ports);
  }

  async #reportPorts(guest: Guest): Promise<void> {
    const { edge, guests, log } = this.#options;
    const report = async (): Promise<void> => {
      const ports = guest.listPorts();
      if (this.#portReports.isReported(guest, ports)) return;
      await edge.reportPorts(guest, ports);
      this.#portReports.noteReported(guest, ports);
    };
    try {
      await this.#enqueue(guest, report, () => guests.holds(guest));
    } catch (error) {
      log.warn({ sandbox: guest.sandboxId, err: error }, "ports not reported");
    }
  }

  async #announceInBackground(guest: Guest): Promise<void> {
    const { log, guests, renew } = this.#options;
    try {
      await this.announceAttach(guest);
    } catch (error) {
      if (!guests.holds(guest)) return;
      const ended =
        error instanceof EdgeError && error.generationEnded && guests.find(guest.sandboxId) === guest;
      if (!ended) return log.error({ sandbox: guest.sandboxId, err: error }, "guest not announced");
      log.warn({ sandbox: guest.sandboxId }, "the edge has ended a guest that runs: announcing it anew");
      await renew(guest).catch((failure: unknown) => {
        log.error({ sandbox: guest.sandboxId, err: failure }, "guest not announced anew");
      });
    }
  }

  #enqueue(guest: Guest, call: () => Promise<void>, isNeeded: () => boolean): Promise<boolean> {
    const before = this.#queues.get(guest.sandboxId) ?? Promise.resolve();
    const run = (): Promise<boolean> => this.#retry(guest, call, isNeeded);
    const done = before.then(run, run);
    this.#queues.set(guest.sandboxId, done);
    const forget = (): void => {
      if (this.#queues.get(guest.sandboxId) === done) this.#queues.delete(guest.sandboxId);
    };
    done.then(forget, forget);
    return done;
  }

  /** @returns whether the call succeeded; it is given up when it is not needed any more */
  async #retry(guest: Guest, call: () => Promise<void>, isNeeded: () => boolean): Promise<boolean> {
    for (let delayMs = FIRST_RETRY_MS; isNeeded() && !this.#stop.signal.aborted; ) {
      try {
        // By its turn it may not be needed any more.
        const isDone = await this.#places.use(async () => {
          if (!isNeeded() || this.#stop.signal.aborted) return false;
          await call();
          return true;
        });
        return isDone;
      } catch (error) {
        if (!(error instanceof EdgeError) || !error.passing) throw error;
        const facts = { sandbox: guest.sandboxId, retryInMs: delayMs, err: error };
        this.#options.log.warn(facts, "edge call will be repeated");
      }
      await this.#pause(delayMs);
      delayMs = Math.min(delayMs * 2, MAX_RETRY_MS);
    }
    return false;
  }

  /**
   * Nothing is announced before the first heartbeat is accepted: where another connector of this host runs, the edge
   * refuses each call. Until then heartbeats are repeated sooner.
   */
  async #sendHeartbeats(): Promise<void> {
    const { guests } = this.#options;
    for (let delayMs = FIRST_RETRY_MS; !(await this.#sendHeartbeat()); ) {
      if (this.#stop.signal.aborted) return;
      await this.#pause(delayMs);
      delayMs = Math.min(delayMs * 2, MAX_RETRY_MS);
    }
    // Also those whose ports are being reported: that does not announce them.
    for (const guest of guests.list()) void this.#announceInBackground(guest);
    for (;;) {
      await this.#pause(HEARTBEAT_INTERVAL_MS);
      if (this.#stop.signal.aborted) return;
      await this.#sendHeartbeat();
    }
  }

  /** @returns whether the edge has accepted it */
  async #sendHeartbeat(): Promise<boolean> {
    const { edge, guests, log } = this.#options;
    const takenAtMs = Date.now();
    try {
      const missing = await edge.heartbeat(guests.listWithArriving(), takenAtMs);
      this.#status = { heardAtMs: Date.now() };
      for (const sandboxId of missing) this.#announceAgain(sandboxId);
      return true;
    } catch (error) {
      this.#status = { ...this.#status, failure: error instanceof Error ? error.message : String(error) };
      log[isRefusal(error) ? "error" : "warn"]({ err: error }, "heartbeat failed");
      return false;
    }
  }

  #announceAgain(sandboxId: string): void {
    const guest = this.#options.guests.find(sandboxId);
    if (guest !== undefined && !this.#queues.has(sandboxId)) void this.#announceInBackground(guest);
  }

  #pause(ms: number): Promise<void> {
    return pauseUnlessAborted(ms, this.#stop.signal);
  }
}

/** For example where another connector has the host's key: only an operator can end that. */
function isRefusal(error: unknown): boolean {
  return error instanceof EdgeError && !error.passing;
}
