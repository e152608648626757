import { refuse } from "../../../shared/refusal/refusal.ts";
import type { Destination } from "../destination.ts";
import type { RelayState } from "../relay-state.ts";
import type { OpenConnections } from "./open-connections.ts";

/** Ends the requests and tunnels whose grant is revoked. @returns how many */
export function cutGrants(
  relay: RelayState,
  open: OpenConnections,
  isRevoked: (destination: Destination) => boolean,
): number {
  let cut = 0;
  for (const { exchange } of open.visitors) {
    if (exchange?.destination === undefined || !isRevoked(exchange.destination)) continue;
    // A grant without a link is revoked only with its whole sandbox.
    exchange.cut(refuse(exchange.destination.link === undefined ? "suspended" : "link_revoked"));
    cut++;
  }
  for (const tunnel of open.tunnels) {
    if (!isRevoked(tunnel.destination)) continue;
    tunnel.destroy();
    cut++;
  }
  relay.counts.grantEnded += cut;
  return cut;
}
