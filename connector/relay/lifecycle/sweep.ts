import type { RelayState } from "../relay-state.ts";

/** Looks once at everything open and ends what has had its time: one timer instead of one per request. */
export function sweep(state: RelayState): void {
  const nowMs = state.now();
  const unixMs = Date.now();
  for (const visitor of state.visitors) {
    if (nowMs >= visitor.deadlineMs) visitor.onDeadline();
    const { exchange } = visitor;
    if (exchange !== undefined && hasEnded(exchange.destination?.expiresAtMs, unixMs)) {
      state.counts.grantEnded++;
      exchange.cut();
    }
  }
  for (const tunnel of state.tunnels) {
    const ended = hasEnded(tunnel.destination.expiresAtMs, unixMs);
    if (ended) state.counts.grantEnded++;
    if (ended || nowMs >= tunnel.deadlineMs) tunnel.destroy();
  }
  for (const [guest, use] of state.uses) {
    for (const pool of use.pools.values()) pool.closeIdle(nowMs);
    if (use.isEmpty()) state.uses.delete(guest);
  }
}

function hasEnded(expiresAtMs: number | undefined, unixMs: number): boolean {
  return expiresAtMs !== undefined && unixMs >= expiresAtMs;
}
