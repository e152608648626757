import type { RelayState } from "../relay-state.ts";

/**
 * Ends a relay's work in order: idle visitors at once, requests as they finish, tunnels one after the other, and
 * whatever is left when its time is over.
 */
export class Drain {
  readonly #state: RelayState;
  readonly #closed = Promise.withResolvers<void>();
  readonly #onClosed: () => void;
  #startedMs: number | undefined = undefined;
  #tunnelsAtStart = 0;

  constructor(state: RelayState, onClosed: () => void) {
    this.#state = state;
    this.#onClosed = onClosed;
  }

  start(): Promise<void> {
    if (this.#startedMs === undefined) {
      this.#startedMs = this.#state.now();
      this.#tunnelsAtStart = this.#state.tunnels.size;
      this.#state.draining = true;
      for (const visitor of this.#state.visitors) visitor.drain();
      this.tick();
    }
    return this.#closed.promise;
  }

  tick(): void {
    if (this.#startedMs === undefined) return;
    const { visitors, tunnels, limits, now } = this.#state;
    const elapsedMs = now() - this.#startedMs;
    this.#closeTunnels(elapsedMs);
    if (elapsedMs >= limits.drainRequestsMs) for (const visitor of visitors) visitor.socket.destroy();
    if (elapsedMs >= limits.drainHardStopMs) for (const tunnel of tunnels) tunnel.destroy();
    if (visitors.size > 0 || tunnels.size > 0) return;
    this.#onClosed();
    this.#closed.resolve();
  }

  #closeTunnels(elapsedMs: number): void {
    const { tunnels, limits } = this.#state;
    const share = Math.max(0, 1 - elapsedMs / limits.drainTunnelsMs);
    const mayStay = Math.floor(this.#tunnelsAtStart * share);
    const open = [...tunnels].filter((tunnel) => !tunnel.closing);
    for (const tunnel of open.slice(0, Math.max(0, open.length - mayStay))) tunnel.close();
  }
}
