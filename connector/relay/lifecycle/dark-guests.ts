import type * as net from "node:net";
import type { RelayState } from "../relay-state.ts";
import { findUnanswered } from "../socket/find-unanswered.ts";
import type { OpenConnections } from "./open-connections.ts";

/**
 * Ends what is open towards guests whose link has gone dark. Linux would send a tunnel's bytes again for 15 minutes
 * before it gives up.
 *
 * Only connections to which something was sent, and from which nothing has come since, are looked up: an app that takes
 * its time is among them, but its kernel acknowledges. A connection on which nothing is sent has TCP keep-alive probes.
 */
export class DarkGuests {
  readonly #relay: RelayState;
  readonly #open: OpenConnections;
  #nextMs = 0;
  #looking = false;

  constructor(relay: RelayState, open: OpenConnections) {
    this.#relay = relay;
    this.#open = open;
  }

  /** Does what is due by now. */
  tick(): void {
    const { darkGuestCheckMs } = this.#relay.limits;
    const nowMs = this.#relay.now();
    if (nowMs < this.#nextMs || this.#looking) return;
    this.#nextMs = nowMs + darkGuestCheckMs;
    const silent = this.#findSilent(nowMs - darkGuestCheckMs);
    if (silent.length > 0) this.#endDark(silent);
  }

  #findSilent(sinceMs: number): net.Socket[] {
    const silent: net.Socket[] = [];
    for (const { exchange } of this.#open.visitors) {
      const guest = exchange?.findSilentGuest(sinceMs);
      if (guest !== undefined) silent.push(guest);
    }
    for (const tunnel of this.#open.tunnels) {
      const guest = tunnel.findSilentGuest(sinceMs);
      if (guest !== undefined) silent.push(guest);
    }
    return silent;
  }

  async #endDark(silent: readonly net.Socket[]): Promise<void> {
    this.#looking = true;
    try {
      for (const socket of await findUnanswered(silent, this.#relay.limits.maxGuestRetransmissions)) {
        this.#relay.counts.guestDark++;
        socket.destroy();
      }
    } finally {
      this.#looking = false;
    }
  }
}
