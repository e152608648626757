import type { Refusal } from "../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../shared/refusal/refusal.ts";
import type { Capacity } from "./capacity/capacity.ts";
import type { GuestUse } from "./capacity/guest-use.ts";
import type { Destination, Upstream } from "./destination.ts";
import type { ConnectionSource, DiallingExchange } from "./exchange/connection-source.ts";
import type { ConnectionPool } from "./guest-connection.ts";
import { GuestConnection } from "./guest-connection.ts";
import type { RelayState } from "./relay-state.ts";
import type { TunnelListener, TunnelStreams } from "./websocket/tunnel.ts";
import { Tunnel } from "./websocket/tunnel.ts";

/** Subtracted from the time for which a guest says that it keeps a connection: a request needs time to get there. */
const KEEP_ALIVE_MARGIN_MS = 1_000;

/** Shared by the pools of one relay. */
export interface PoolContext {
  readonly relay: RelayState;
  readonly capacity: Capacity;
  /** All open tunnels of the relay. */
  readonly tunnels: Set<Tunnel>;
}

/** The pools of one guest, by their upstreams. */
export type PoolsOfGuest = Map<Upstream, GuestPool>;

/**
 * The connections to one upstream that wait for their next request; the one used last is taken first.
 *
 * It belongs to its guest's pools only while it has a request or a connection: a visitor may ask for any port.
 */
export class GuestPool implements ConnectionSource, ConnectionPool, TunnelListener {
  readonly use: GuestUse;
  readonly #context: PoolContext;
  readonly #upstream: Upstream;
  readonly #siblings: PoolsOfGuest;
  readonly #idle: GuestConnection[] = [];
  /** Requests that have entered and not left. */
  #requests = 0;
  /** Idle ones included; without those of tunnels. */
  #connections = 0;

  constructor(context: PoolContext, upstream: Upstream, use: GuestUse, siblings: PoolsOfGuest) {
    this.#context = context;
    this.#upstream = upstream;
    this.#siblings = siblings;
    this.use = use;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  /** A request has been admitted. */
  enter(): this {
    this.#requests++;
    return this;
  }

  take(): GuestConnection | undefined {
    return this.#idle.pop();
  }

  /** Opens a connection for an exchange, and calls its `onDialled`. */
  dial(exchange: DiallingExchange): void {
    if (this.use.closed) {
      exchange.onDialled(refuse("guest_not_here"));
      return;
    }
    const { relay } = this.#context;
    const startedMs = relay.now();
    this.#upstream.dial().then((dialled) => {
      if (isRefusal(dialled)) relay.dials.addFailure();
      else relay.dials.add(relay.now() - startedMs);
      exchange.onDialled(this.#settle(dialled));
    });
  }

  #settle(dialled: Awaited<ReturnType<Upstream["dial"]>>): GuestConnection | Refusal {
    if (isRefusal(dialled)) return dialled;
    if (this.use.closed) {
      dialled.destroy();
      return refuse("guest_not_here");
    }
    const connection = new GuestConnection(this.#context.relay, this, dialled);
    this.use.connections.add(connection);
    this.#connections++;
    return connection;
  }

  /** The request's exchange is over. */
  leave({ holder }: Destination): void {
    this.#context.capacity.leave(this.use, this.use.holder(holder));
    this.#leave();
  }

  #leave(): void {
    this.#requests--;
    this.#forgetIfUnused();
  }

  #forgetIfUnused(): void {
    const isUnused = this.#requests === 0 && this.#connections === 0;
    if (isUnused && this.#siblings.get(this.#upstream) === this) this.#siblings.delete(this.#upstream);
  }

  /** The request becomes a tunnel, which keeps its slot among all streams. */
  openTunnel(streams: TunnelStreams): void {
    const { relay, tunnels, capacity } = this.#context;
    capacity.openTunnel(this.use, this.use.holder(streams.destination.holder));
    this.#leave();
    const tunnel = new Tunnel(relay, this, streams);
    tunnels.add(tunnel);
    this.use.tunnels.add(tunnel);
    relay.counts.tunnels++;
  }

  onTunnelClosed(tunnel: Tunnel): void {
    this.#context.tunnels.delete(tunnel);
    this.use.tunnels.delete(tunnel);
    this.#context.capacity.closeTunnel(this.use, this.use.holder(tunnel.destination.holder));
  }

  /**
   * Keeps a connection whose exchange is over for the next one.
   *
   * @param keepAliveTimeoutMs how long the guest keeps it, by its own `Keep-Alive`
   */
  keep(connection: GuestConnection, keepAliveTimeoutMs: number, nowMs: number): void {
    const { limits, draining } = this.#context.relay;
    const idleMs = Math.min(limits.guestIdleTimeoutMs, keepAliveTimeoutMs - KEEP_ALIVE_MARGIN_MS);
    if (idleMs <= 0 || this.use.closed || draining) {
      connection.abandon();
      return;
    }
    connection.rest(nowMs + idleMs);
    this.#idle.push(connection);
  }

  /** Forgets an idle connection that has closed. */
  removeIdle(connection: GuestConnection): void {
    const index = this.#idle.lastIndexOf(connection);
    if (index !== -1) this.#idle.splice(index, 1);
  }

  /** Forgets a connection that has closed, or belongs to a tunnel now. */
  remove(connection: GuestConnection): void {
    if (!this.use.connections.delete(connection)) return;
    this.#connections--;
    this.#forgetIfUnused();
  }

  closeIdle(nowMs: number): void {
    for (const connection of this.#idle.filter(({ restsUntilMs }) => nowMs >= restsUntilMs)) {
      this.removeIdle(connection);
      connection.socket.destroy();
    }
  }
}
