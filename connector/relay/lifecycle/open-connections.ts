import type { GuestPools } from "../guest-pools.ts";
import type { VisitorConnection } from "../visitor-connection.ts";
import type { Tunnel } from "../websocket/tunnel.ts";

/** Everything that is open on one relay. */
export interface OpenConnections {
  /** Without those that have become tunnels. */
  readonly visitors: Set<VisitorConnection>;
  readonly tunnels: Set<Tunnel>;
  readonly guests: GuestPools;
}
