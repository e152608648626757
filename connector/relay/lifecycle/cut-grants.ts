import type { Destination } from "../destination.ts";
import type { RelayState } from "../relay-state.ts";

/** Ends what is open under grants that no longer hold. @returns how many requests and tunnels that were */
export function cutGrants(state: RelayState, isWithdrawn: (destination: Destination) => boolean): number {
  let cut = 0;
  for (const { exchange } of state.visitors) {
    if (exchange?.destination === undefined || !isWithdrawn(exchange.destination)) continue;
    exchange.cut();
    cut++;
  }
  for (const tunnel of state.tunnels) {
    if (!isWithdrawn(tunnel.destination)) continue;
    tunnel.destroy();
    cut++;
  }
  state.counts.grantEnded += cut;
  return cut;
}
