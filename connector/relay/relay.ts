import type * as net from "node:net";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { Capacity } from "./capacity/capacity.ts";
import type { Destination, RelayGuest } from "./destination.ts";
import type { DialCounts } from "./dial-times.ts";
import { GuestPools } from "./guest-pools.ts";
import { cutGrants } from "./lifecycle/cut-grants.ts";
import { DarkGuests } from "./lifecycle/dark-guests.ts";
import type { DrainOptions } from "./lifecycle/drain.ts";
import { Drain } from "./lifecycle/drain.ts";
import { shedAtOnce } from "./lifecycle/shed-at-once.ts";
import { sweep } from "./lifecycle/sweep.ts";
import type { RelayCounts } from "./relay-counts.ts";
import type { RelayOptions } from "./relay-state.ts";
import { RelayState } from "./relay-state.ts";
import { lendReads } from "./socket/lending-reads.ts";
import type { ByteCounts } from "./socket-bytes.ts";
import { SocketBytes } from "./socket-bytes.ts";
import { VisitorConnection } from "./visitor-connection.ts";
import type { Tunnel } from "./websocket/tunnel.ts";

export type { Destination, HeaderPolicy, RelayGuest, Upstream } from "./destination.ts";
export type { ExchangeOutcome } from "./exchange/exchange-outcome.ts";
export type { ExchangeReport } from "./exchange-report.ts";
export type { RequestHead } from "./http1/parse-request-head.ts";
export type { RelayLimits } from "./limits.ts";
export { DEFAULT_RELAY_LIMITS } from "./limits.ts";
export type { RelayCounts } from "./relay-counts.ts";
export type { RelayOptions } from "./relay-state.ts";

export interface RelayStats {
  /** Visitors' connections that carry requests or wait for them. */
  readonly visitors: number;
  /** Those of them on which no request with a valid pass has come. */
  readonly unproven: number;
  /** Requests now open. */
  readonly requests: number;
  readonly tunnels: number;
  /** Guests' connections, idle ones included, tunnels not. */
  readonly guestConnections: number;
  readonly pooled: number;
  /** Ports towards which a request or a connection is open. */
  readonly pools: number;
  /** Requests that wait for a port to open. */
  readonly waiters: number;
  readonly counts: RelayCounts;
  readonly bytes: ByteCounts;
  readonly dials: DialCounts;
}

/** Carries HTTP/1.1 and WebSockets between visitors' sockets and guests'. */
export interface Relay {
  /** Takes over a plain or TLS socket that has just been accepted, and not been read. */
  accept(socket: net.Socket): void;
  /** The guest is detached: ends everything open towards it at once. */
  closeGuest(guest: RelayGuest): void;
  /** Ends every open request and tunnel for which there is a reason. @returns how many */
  cut(findReason: (destination: Destination) => Refusal | undefined): number;
  /** Another relay takes the visitors that come: this one finishes requests and keeps tunnels, until `drain`. */
  retire(): void;
  /** Finishes requests and closes tunnels; resolves when all is closed. By default in the times of the limits. */
  drain(options?: Partial<DrainOptions>): Promise<void>;
  /** Ends everything at once. */
  destroy(): void;
  stats(): RelayStats;
}

export function createRelay(options: RelayOptions): Relay {
  const relay = new RelayState(options);
  const visitors = new Set<VisitorConnection>();
  /** The visitors without a valid pass, the oldest first; without those that get nothing but a refusal. */
  const unproven = new Set<VisitorConnection>();
  const tunnels = new Set<Tunnel>();
  const bytes = new SocketBytes();
  const capacity = new Capacity(relay, visitors, tunnels);
  const guests = new GuestPools({ relay, capacity, tunnels });
  const open = { visitors, tunnels, guests };
  const darkGuests = new DarkGuests(relay, open);
  const drain = new Drain(relay, open, close);
  const timer = setInterval(tick, options.limits.sweepIntervalMs);
  timer.unref();

  function tick(): void {
    sweep(relay, open);
    darkGuests.tick();
    drain.tick();
  }

  function close(): void {
    clearInterval(timer);
    guests.closeAll();
  }

  function onProven(visitor: VisitorConnection): void {
    unproven.delete(visitor);
  }

  function onGone(visitor: VisitorConnection): void {
    visitors.delete(visitor);
    unproven.delete(visitor);
    if (visitor.earlyRefusal !== undefined) capacity.shedding--;
  }

  function addUnproven(visitor: VisitorConnection): void {
    const openedBeforeMs = visitor.openedMs - options.limits.unprovenGraceMs;
    for (const oldest of unproven) {
      if (unproven.size < capacity.maxUnproven || oldest.openedMs > openedBeforeMs) break;
      unproven.delete(oldest);
      relay.counts.unprovenDropped++;
      oldest.socket.destroy();
    }
    unproven.add(visitor);
  }

  return {
    accept(socket) {
      const earlyRefusal = capacity.refuseVisitor();
      if (earlyRefusal !== undefined && !capacity.mayShedPatiently()) {
        relay.countRefusal(earlyRefusal.code);
        shedAtOnce(socket, earlyRefusal);
        return;
      }
      socket.setNoDelay(true);
      lendReads(socket);
      const visitor = new VisitorConnection({ relay, guests, socket, earlyRefusal, onProven, onGone });
      visitors.add(visitor);
      bytes.add(socket);
      if (earlyRefusal === undefined) addUnproven(visitor);
      else capacity.shedding++;
    },
    closeGuest: (guest) => guests.close(guest),
    cut: (findReason) => cutGrants(relay, open, findReason),
    retire() {
      relay.draining = true;
      for (const visitor of visitors) visitor.retire();
    },
    drain: (drainOptions) =>
      drain.start({
        requestsMs: options.limits.drainRequestsMs,
        tunnelsMs: options.limits.drainTunnelsMs,
        ...drainOptions,
      }),
    destroy() {
      for (const visitor of visitors) visitor.socket.destroy();
      for (const tunnel of tunnels) tunnel.destroy();
      close();
    },
    stats() {
      const { connections, idle, pools, waiters } = guests.count();
      return {
        visitors: visitors.size,
        unproven: unproven.size,
        requests: capacity.streams - tunnels.size,
        tunnels: tunnels.size,
        guestConnections: connections,
        pooled: idle,
        pools,
        waiters,
        counts: relay.counts,
        bytes: bytes.counts(),
        dials: relay.dials.counts(),
      };
    },
  };
}
