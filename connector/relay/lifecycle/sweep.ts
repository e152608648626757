import { refuse } from "../../../shared/refusal/refusal.ts";
import type { RelayState } from "../relay-state.ts";
import type { OpenConnections } from "./open-connections.ts";

/** Ends everything open whose time is over. One timer that calls this is cheaper than a timer for each request. */
export function sweep(relay: RelayState, { visitors, tunnels, guests }: OpenConnections): void {
  const nowMs = relay.now();
  relay.sweptMs = nowMs;
  const unixMs = Date.now();
  for (const visitor of visitors) {
    if (nowMs >= visitor.deadlineMs) visitor.onDeadline();
    const { exchange } = visitor;
    if (exchange !== undefined && hasEnded(exchange.destination?.expiresAtMs, unixMs)) {
      relay.counts.grantEnded++;
      exchange.cut(refuse("link_expired"));
    }
  }
  for (const tunnel of tunnels) {
    const ended = hasEnded(tunnel.destination.expiresAtMs, unixMs);
    if (ended) relay.counts.grantEnded++;
    if (ended || nowMs >= tunnel.deadlineMs) tunnel.destroy();
  }
  guests.closeIdle(nowMs);
}

function hasEnded(expiresAtMs: number | undefined, unixMs: number): boolean {
  return expiresAtMs !== undefined && unixMs >= expiresAtMs;
}
