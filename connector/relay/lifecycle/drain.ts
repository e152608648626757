import type { RelayState } from "../relay-state.ts";
import type { OpenConnections } from "./open-connections.ts";

/**
 * Ends a relay's work in order: idle visitors at once, requests as they finish, tunnels one after the other. Requests
 * that have no response by the end of their time are refused, those that have a part of one are reset; all that is left
 * after the hard stop's time is destroyed.
 */
export class Drain {
  readonly #relay: RelayState;
  readonly #open: OpenConnections;
  readonly #closed = Promise.withResolvers<void>();
  readonly #onClosed: () => void;
  #startedMs: number | undefined = undefined;
  #tunnelsAtStart = 0;

  constructor(relay: RelayState, open: OpenConnections, onClosed: () => void) {
    this.#relay = relay;
    this.#open = open;
    this.#onClosed = onClosed;
  }

  start(): Promise<void> {
    if (this.#startedMs === undefined) {
      this.#startedMs = this.#relay.now();
      this.#tunnelsAtStart = this.#open.tunnels.size;
      this.#relay.draining = true;
      for (const visitor of this.#open.visitors) visitor.drain();
      this.tick();
    }
    return this.#closed.promise;
  }

  /** Does what is due by now; nothing before `start`. */
  tick(): void {
    if (this.#startedMs === undefined) return;
    const { limits } = this.#relay;
    const { visitors, tunnels } = this.#open;
    const elapsedMs = this.#relay.now() - this.#startedMs;
    this.#closeTunnels(elapsedMs);
    if (elapsedMs >= limits.drainRequestsMs) for (const visitor of visitors) visitor.stop();
    if (elapsedMs >= limits.drainHardStopMs) {
      for (const visitor of visitors) visitor.socket.destroy();
      for (const tunnel of tunnels) tunnel.destroy();
    }
    if (visitors.size > 0 || tunnels.size > 0) return;
    this.#onClosed();
    this.#closed.resolve();
  }

  #closeTunnels(elapsedMs: number): void {
    const share = Math.max(0, 1 - elapsedMs / this.#relay.limits.drainTunnelsMs);
    const mayStay = Math.floor(this.#tunnelsAtStart * share);
    const open = [...this.#open.tunnels].filter((tunnel) => !tunnel.closing);
    for (const tunnel of open.slice(0, Math.max(0, open.length - mayStay))) tunnel.close();
  }
}
