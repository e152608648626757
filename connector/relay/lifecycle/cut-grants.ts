import type { Refusal } from "../../../shared/refusal/refusal.ts";
import type { Destination } from "../destination.ts";
import type { RelayState } from "../relay-state.ts";
import type { OpenConnections } from "./open-connections.ts";

/** Ends the requests and tunnels for which there is a reason. @returns how many */
export function cutGrants(
  relay: RelayState,
  open: OpenConnections,
  findReason: (destination: Destination) => Refusal | undefined,
): number {
  let cut = 0;
  for (const { exchange } of open.visitors) {
    const reason = exchange?.destination && findReason(exchange.destination);
    if (reason === undefined) continue;
    exchange?.cut(reason);
    cut++;
  }
  for (const tunnel of open.tunnels) {
    if (findReason(tunnel.destination) === undefined) continue;
    tunnel.destroy();
    cut++;
  }
  relay.counts.grantEnded += cut;
  return cut;
}
