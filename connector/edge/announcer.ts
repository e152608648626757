import type { Logger } from "pino";
import { HEARTBEAT_INTERVAL_MS } from "../../shared/protocol/host-api.ts";
import type { Guest } from "../guests/guest.ts";
import type { GuestTable } from "../guests/guest-table.ts";
import type { EdgeClient } from "./edge-client.ts";
import { EdgeError } from "./edge-client.ts";

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 10_000;

/**
 * Keeps the edge in step with the guest table.
 *
 * Calls about one sandbox follow each other; a call that fails for a passing reason is made again until it
 * succeeds or until it no longer matters. Heartbeats find whatever was missed all the same.
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

  /** Announces every guest, then keeps up heartbeats until `stop`. */
  start(): void {
    for (const guest of this.#guests.list()) this.#announceInBackground(guest);
    void this.#beat();
  }

  stop(): void {
    this.#stop.abort();
  }

  /**
   * Resolves when the edge knows the guest, or when that no longer matters.
   *
   * @returns whether the edge knows it
   * @throws {EdgeError} the edge refuses it for good
   */
  announce(guest: Guest): Promise<boolean> {
    return this.#enqueue(
      guest,
      () => this.#edge.attach(guest),
      () => this.#isCurrent(guest),
    );
  }

  /** Resolves when the edge has forgotten the guest, to `true`, or when the announcer has stopped. */
  withdraw(guest: Guest): Promise<boolean> {
    return this.#enqueue(
      guest,
      () => this.#edge.detach(guest),
      () => true,
    );
  }

  /** Tells the guest's open ports; changes that come while a call waits are told together. */
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
    this.announce(guest).catch((error: unknown) => {
      this.#log.error({ sandbox: guest.sandboxId, err: error }, "guest not announced");
    });
  }

  #isCurrent(guest: Guest): boolean {
    return this.#guests.find(guest.sandboxId) === guest;
  }

  #enqueue(guest: Guest, call: () => Promise<void>, stillMatters: () => boolean): Promise<boolean> {
    const before = this.#queues.get(guest.sandboxId) ?? Promise.resolve();
    const run = (): Promise<boolean> => this.#retry(guest, call, stillMatters);
    const done = before.then(run, run);
    this.#queues.set(guest.sandboxId, done);
    const forget = (): void => {
      if (this.#queues.get(guest.sandboxId) === done) this.#queues.delete(guest.sandboxId);
    };
    done.then(forget, forget);
    return done;
  }

  /** @returns whether the call succeeded; it is given up when it no longer matters */
  async #retry(guest: Guest, call: () => Promise<void>, stillMatters: () => boolean): Promise<boolean> {
    for (let delayMs = FIRST_RETRY_MS; stillMatters() && !this.#stop.signal.aborted; ) {
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

  async #beat(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const missing = await this.#edge.heartbeat(this.#guests.list(), Date.now());
        for (const sandboxId of missing) this.#reannounce(sandboxId);
      } catch (error) {
        this.#log.warn({ err: error }, "heartbeat failed");
      }
      await this.#pause(HEARTBEAT_INTERVAL_MS);
    }
  }

  #reannounce(sandboxId: string): void {
    const guest = this.#guests.find(sandboxId);
    if (guest !== undefined && !this.#queues.has(sandboxId)) this.#announceInBackground(guest);
  }

  /** Ends early, without a word, when the announcer stops. */
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
