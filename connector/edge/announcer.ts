import type { Logger } from "pino";
import { HEARTBEAT_INTERVAL_MS } from "../../shared/protocol/host-api.ts";
import type { Guest } from "../guests/guest.ts";
import type { GuestTable } from "../guests/guest-table.ts";
import type { EdgeClient } from "./edge-client.ts";
import { EdgeError } from "./edge-client.ts";

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 10_000;

/**
 * Announces the changes of the guest table to the edge.
 *
 * Calls about one sandbox follow each other. A call that fails for a passing reason is repeated until it succeeds or
 * is obsolete. Heartbeats find what was missed all the same.
 */
export class Announcer {
  readonly #edge: EdgeClient;
  readonly #guests: GuestTable;
  readonly #log: Logger;
  readonly #queues = new Map<string, Promise<unknown>>();
  readonly #stop = new AbortController();
  readonly #portsPending = new WeakSet<Guest>();

  constructor(edge: EdgeClient, guests: GuestTable, log: Logger) {
    this.#edge = edge;
    this.#guests = guests;
    this.#log = log;
  }

  /** Announces every guest, then sends heartbeats until `stop`. */
  start(): void {
    for (const guest of this.#guests.list()) this.#announceInBackground(guest);
    void this.#sendHeartbeats();
  }

  stop(): void {
    this.#stop.abort();
  }

  /**
   * Resolves when the edge knows the guest, or when the announcement is obsolete.
   *
   * @returns whether the edge knows it
   * @throws {EdgeError} the edge refuses it for good
   */
  announceAttach(guest: Guest): Promise<boolean> {
    return this.#enqueue(
      guest,
      () => this.#edge.attach(guest),
      () => this.#isCurrent(guest),
    );
  }

  /** Resolves when the edge has forgotten the guest, to `true`, or when the announcer has stopped. */
  announceDetach(guest: Guest): Promise<boolean> {
    return this.#enqueue(
      guest,
      () => this.#edge.detach(guest),
      () => true,
    );
  }

  /** Reports the guest's open ports; changes that come while a call waits are reported together. */
  reportPorts(guest: Guest): void {
    if (this.#portsPending.has(guest)) return;
    this.#portsPending.add(guest);
    const report = (): Promise<void> => {
      this.#portsPending.delete(guest);
      return this.#edge.reportPorts(guest);
    };
    this.#enqueue(guest, report, () => this.#isCurrent(guest)).catch((error: unknown) => {
      this.#log.warn({ sandbox: guest.sandboxId, err: error }, "ports not reported");
    });
  }

  #announceInBackground(guest: Guest): void {
    this.announceAttach(guest).catch((error: unknown) => {
      this.#log.error({ sandbox: guest.sandboxId, err: error }, "guest not announced");
    });
  }

  #isCurrent(guest: Guest): boolean {
    return this.#guests.find(guest.sandboxId) === guest;
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
        await call();
        return true;
      } catch (error) {
        if (!(error instanceof EdgeError) || !error.passing) throw error;
        this.#log.warn(
          { sandbox: guest.sandboxId, retryInMs: delayMs, err: error },
          "edge call will be repeated",
        );
      }
      await this.#pause(delayMs);
      delayMs = Math.min(delayMs * 2, MAX_RETRY_MS);
    }
    return false;
  }

  async #sendHeartbeats(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const missing = await this.#edge.heartbeat(this.#guests.list(), Date.now());
        for (const sandboxId of missing) this.#announceAgain(sandboxId);
      } catch (error) {
        this.#log.warn({ err: error }, "heartbeat failed");
      }
      await this.#pause(HEARTBEAT_INTERVAL_MS);
    }
  }

  #announceAgain(sandboxId: string): void {
    const guest = this.#guests.find(sandboxId);
    if (guest !== undefined && !this.#queues.has(sandboxId)) this.#announceInBackground(guest);
  }

  /** Resolves early when the announcer stops. */
  #pause(ms: number): Promise<void> {
    const { signal } = this.#stop;
    return new Promise((resolve) => {
      const timer = setTimeout(finish, ms);
      signal.addEventListener("abort", finish, { once: true });
      function finish(): void {
        clearTimeout(timer);
        signal.removeEventListener("abort", finish);
        resolve();
      }
    });
  }
}
