import type { RateLimit } from "../../shared/limit/gcra.ts";

/** A lease's permits beyond the first are at most this much time's worth … */
const MAX_LEASE_S = 0.5;
/** … and at most this share of the burst. At the default limit both leave nothing beyond one. */
const MAX_LEASE_BURST_SHARE = 0.1;

/** How many requests one call to the `Sandbox` object may admit, ≥ 1. */
export function leaseSize(limit: RateLimit): number {
  return 1 + Math.floor(Math.min(limit.perSecond * MAX_LEASE_S, limit.burst * MAX_LEASE_BURST_SHARE));
}
