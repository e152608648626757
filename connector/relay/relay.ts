import type * as net from "node:net";
import type { Destination, RelayGuest } from "./destination.ts";
import { cutGrants } from "./lifecycle/cut-grants.ts";
import { Drain } from "./lifecycle/drain.ts";
import { shedAtOnce } from "./lifecycle/shed-at-once.ts";
import { sweep } from "./lifecycle/sweep.ts";
import type { RelayCounts, RelayOptions } from "./relay-state.ts";
import { RelayState } from "./relay-state.ts";
import { lendReads } from "./socket/lending-reads.ts";
import { VisitorConnection } from "./visitor-connection.ts";

export type { Destination, HeaderPolicy, RelayGuest, Upstream } from "./destination.ts";
export type { ExchangeOutcome, ExchangeReport } from "./exchange-report.ts";
export type { RequestHead } from "./http1/parse-request-head.ts";
export type { RelayLimits } from "./limits.ts";
export { DEFAULT_RELAY_LIMITS } from "./limits.ts";
export type { RelayCounts, RelayOptions } from "./relay-state.ts";

export interface RelayStats {
  /** Visitors' connections that carry or await requests. */
  readonly visitors: number;
  /** Requests now open. */
  readonly requests: number;
  readonly tunnels: number;
  /** Guests' connections, idle ones included, tunnels not. */
  readonly guestConnections: number;
  readonly pooled: number;
  readonly counts: RelayCounts;
}

/** Carries HTTP/1.1 and WebSockets between visitors' sockets and guests'. */
export interface Relay {
  /** Takes over a plain or TLS socket that has just been accepted. */
  accept(socket: net.Socket): void;
  /** The guest is detached: everything open towards it ends at once. */
  closeGuest(guest: RelayGuest): void;
  /** Ends every open request and tunnel whose grant is withdrawn. @returns how many */
  cut(isWithdrawn: (destination: Destination) => boolean): number;
  /** Finishes requests, closes tunnels; resolves when all is closed. The caller has stopped accepting. */
  drain(): Promise<void>;
  /** Ends everything at once. */
  destroy(): void;
  stats(): RelayStats;
}

export function createRelay(options: RelayOptions): Relay {
  const state = new RelayState(options);
  const drain = new Drain(state, close);
  const timer = setInterval(tick, options.limits.sweepIntervalMs);
  timer.unref();

  function tick(): void {
    sweep(state);
    drain.tick();
  }

  function close(): void {
    clearInterval(timer);
    for (const guest of state.uses.keys()) closeGuest(guest);
  }

  function closeGuest(guest: RelayGuest): void {
    const use = state.uses.get(guest);
    state.uses.delete(guest);
    use?.close();
  }

  return {
    accept(socket) {
      const shed = state.shed();
      if (shed !== undefined && !state.mayShedPatiently()) {
        state.countRefusal(shed.code);
        shedAtOnce(socket, shed);
        return;
      }
      socket.setNoDelay(true);
      lendReads(socket);
      state.visitors.add(new VisitorConnection(state, socket, shed));
    },
    closeGuest,
    cut: (isWithdrawn) => cutGrants(state, isWithdrawn),
    drain: () => drain.start(),
    destroy() {
      for (const visitor of state.visitors) visitor.socket.destroy();
      for (const tunnel of state.tunnels) tunnel.destroy();
      close();
    },
    stats() {
      const uses = [...state.uses.values()];
      const pools = uses.flatMap((use) => [...use.pools.values()]);
      return {
        visitors: state.visitors.size,
        requests: state.streams - state.tunnels.size,
        tunnels: state.tunnels.size,
        guestConnections: uses.reduce((sum, use) => sum + use.connections.size, 0),
        pooled: pools.reduce((sum, pool) => sum + pool.idleCount, 0),
        counts: state.counts,
      };
    },
  };
}
