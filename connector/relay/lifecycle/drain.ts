import type { RelayState } from "../relay-state.ts";
import type { VisitorConnection } from "../visitor-connection.ts";
import type { OpenConnections } from "./open-connections.ts";

export interface DrainOptions {
  /** Requests that have no response by then are refused. */
  readonly requestsMs: number;
  /** Tunnels are closed one by one over this time. */
  readonly tunnelsMs: number;
  /**
   * Is called once, when the tunnels are closed and the visitors that were there at the start have gone: until then new
   * visitors are served, where nobody else accepts them. Absent where the caller accepts no more sockets already.
   */
  readonly stopAccepting?: () => void;
}

/** Requests of visitors that came during a drain: what a restart waits for in addition. */
const LATE_REQUESTS_MS = 5_000;

/**
 * Ends a relay's work in order: idle visitors after a short silence, requests as they finish, tunnels one after the
 * other. Requests that have no response by the end of their time are refused, those that have a part of one are reset;
 * all that is left after the hard stop's time is destroyed.
 */
export class Drain {
  readonly #relay: RelayState;
  readonly #open: OpenConnections;
  readonly #closed = Promise.withResolvers<void>();
  readonly #onClosed: () => void;
  #options: DrainOptions | undefined = undefined;
  #startedMs = 0;
  #tunnelsAtStart = 0;
  #visitorsAtStart: ReadonlySet<VisitorConnection> = new Set();
  #stoppedAcceptingMs: number | undefined = undefined;

  constructor(relay: RelayState, open: OpenConnections, onClosed: () => void) {
    this.#relay = relay;
    this.#open = open;
    this.#onClosed = onClosed;
  }

  start(options: DrainOptions): Promise<void> {
    if (this.#options === undefined) {
      this.#options = options;
      this.#startedMs = this.#relay.now();
      this.#tunnelsAtStart = this.#open.tunnels.size;
      this.#visitorsAtStart = new Set(this.#open.visitors);
      if (options.stopAccepting === undefined) this.#stoppedAcceptingMs = this.#startedMs;
      this.#relay.draining = true;
      for (const visitor of this.#open.visitors) visitor.drain();
      this.tick();
    }
    return this.#closed.promise;
  }

  /** Does what is due by now; nothing before `start`. */
  tick(): void {
    if (this.#options === undefined) return;
    const { visitors, tunnels } = this.#open;
    const nowMs = this.#relay.now();
    const elapsedMs = nowMs - this.#startedMs;
    this.#closeTunnels(elapsedMs, this.#options.tunnelsMs);
    if (this.#stoppedAcceptingMs === undefined) this.#stopAcceptingIfDue(nowMs);
    if (this.#mustStopRequests(nowMs)) for (const visitor of visitors) visitor.stop();
    if (elapsedMs >= this.#relay.limits.drainHardStopMs) {
      for (const visitor of visitors) visitor.socket.destroy();
      for (const tunnel of tunnels) tunnel.destroy();
    }
    if (this.#stoppedAcceptingMs === undefined || visitors.size > 0 || tunnels.size > 0) return;
    this.#onClosed();
    this.#closed.resolve();
  }

  #stopAcceptingIfDue(nowMs: number): void {
    const { visitors, tunnels } = this.#open;
    const isQuiet =
      tunnels.size === 0 && ![...visitors].some((visitor) => this.#visitorsAtStart.has(visitor));
    if (!isQuiet && nowMs - this.#startedMs < this.#options!.requestsMs) return;
    this.#stoppedAcceptingMs = nowMs;
    this.#options?.stopAccepting?.();
  }

  /** Those that came while others were waited for get a time of their own. */
  #mustStopRequests(nowMs: number): boolean {
    if (this.#stoppedAcceptingMs === undefined || nowMs - this.#startedMs < this.#options!.requestsMs)
      return false;
    const acceptedLonger = this.#stoppedAcceptingMs > this.#startedMs;
    return !acceptedLonger || nowMs - this.#stoppedAcceptingMs >= LATE_REQUESTS_MS;
  }

  #closeTunnels(elapsedMs: number, overMs: number): void {
    const share = Math.max(0, 1 - elapsedMs / overMs);
    const mayStay = Math.floor(this.#tunnelsAtStart * share);
    const open = [...this.#open.tunnels].filter((tunnel) => !tunnel.closing);
    for (const tunnel of open.slice(0, Math.max(0, open.length - mayStay))) tunnel.close();
  }
}
