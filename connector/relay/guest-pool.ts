import { isRefusal, type Refusal, refuse } from "../../shared/refusal/refusal.ts";
import type { Upstream } from "./destination.ts";
import type { Exchange } from "./exchange.ts";
import { GuestConnection } from "./guest-connection.ts";
import type { GuestUse } from "./guest-use.ts";
import type { RelayState } from "./relay-state.ts";

/** A guest that says when it closes is believed, minus the time that a request needs to get there. */
const KEEP_ALIVE_MARGIN_MS = 1_000;

/** The connections to one upstream that wait for their next request; the one used last is taken first. */
export class GuestPool {
  readonly upstream: Upstream;
  readonly use: GuestUse;
  readonly #relay: RelayState;
  readonly #idle: GuestConnection[] = [];

  constructor(relay: RelayState, upstream: Upstream, use: GuestUse) {
    this.#relay = relay;
    this.upstream = upstream;
    this.use = use;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  take(): GuestConnection | undefined {
    return this.#idle.pop();
  }

  /**
   * Takes back a connection whose exchange is over.
   *
   * @param keepAliveTimeoutMs how long the guest keeps it, as it said
   */
  give(connection: GuestConnection, keepAliveTimeoutMs: number, nowMs: number): void {
    const { guestIdleTimeoutMs } = this.#relay.limits;
    const idleMs = Math.min(guestIdleTimeoutMs, keepAliveTimeoutMs - KEEP_ALIVE_MARGIN_MS);
    if (idleMs <= 0 || this.use.closed || this.#relay.draining) {
      connection.abandon();
      return;
    }
    connection.rest(nowMs + idleMs);
    this.#idle.push(connection);
  }

  /** Opens a connection for an exchange, which hears of it by `onDialled`. */
  dial(exchange: Exchange): void {
    if (this.use.closed) exchange.onDialled(refuse("guest_not_here"));
    else this.upstream.dial().then((dialled) => exchange.onDialled(this.#settle(dialled)));
  }

  #settle(dialled: Awaited<ReturnType<Upstream["dial"]>>): GuestConnection | Refusal {
    if (isRefusal(dialled)) return dialled;
    if (this.use.closed) {
      dialled.destroy();
      return refuse("guest_not_here");
    }
    return new GuestConnection(this.#relay, this, dialled);
  }

  /** Forgets a connection that has died while it waited. */
  remove(connection: GuestConnection): void {
    const index = this.#idle.lastIndexOf(connection);
    if (index !== -1) this.#idle.splice(index, 1);
  }

  closeIdle(nowMs: number): void {
    for (const connection of this.#idle.filter(({ restsUntilMs }) => nowMs >= restsUntilMs)) {
      this.remove(connection);
      connection.socket.destroy();
    }
  }
}
