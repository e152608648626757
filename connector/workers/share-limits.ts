import type { RelayLimits } from "../relay/relay.ts";
import { DEFAULT_RELAY_LIMITS } from "../relay/relay.ts";

/** Limits on what is open at once, of a whole connector. */
const SHARED = [
  "maxRequestsPerSandbox",
  "maxTunnelsPerSandbox",
  "maxStreams",
  "maxWaitersPerClient",
  "maxWaitersPerSandbox",
  "maxWaiters",
  "maxVisitorConnections",
  "maxUnprovenConnections",
] as const satisfies readonly (keyof RelayLimits)[];

/** What one of several relays may have open, so that all together keep the limits of one. */
export function shareLimits(limits: Partial<RelayLimits>, relays: number): Partial<RelayLimits> {
  if (relays === 1) return limits;
  const shared = SHARED.map((name) => {
    const limit = limits[name] ?? DEFAULT_RELAY_LIMITS[name];
    return [name, Math.max(1, Math.floor(limit / relays))] as const;
  });
  return { ...limits, ...Object.fromEntries(shared) };
}
