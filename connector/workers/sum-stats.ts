import type { ResponseCounts } from "../metrics/exchange-meter.ts";
import type { ProcessUses } from "../metrics/process-meter.ts";
import type { RelayStats } from "../relay/relay.ts";
import { noCounts } from "../relay/relay-counts.ts";

/** The counters of relays, with those of what is around them. */
export interface RelaysStats extends RelayStats {
  readonly responses: ResponseCounts;
  readonly processes: ProcessUses;
}

/** The counters of several relays as those of one. */
export function sumStats(all: readonly RelaysStats[]): RelaysStats {
  return all.reduce((left, right) => sumObjects(left, right), NO_STATS);
}

/** Of no relay. */
export const NO_STATS: RelaysStats = {
  visitors: 0,
  unproven: 0,
  requests: 0,
  tunnels: 0,
  guestConnections: 0,
  pooled: 0,
  pools: 0,
  waiters: 0,
  counts: noCounts(),
  bytes: { fromVisitors: 0, toVisitors: 0 },
  dials: { buckets: {}, sumSeconds: 0, failed: 0 },
  responses: { "1xx": 0, "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0, none: 0 },
  processes: {},
};

type Summable = { readonly [name: string]: number | Summable | undefined };

/** Adds member by member, also those that only one of them has: a worker of another release may count other things. */
function sumObjects<T extends object>(left: T, right: T): T {
  const sums = { ...left } as Record<string, unknown>;
  for (const [name, value] of Object.entries(right as Summable)) {
    const former = sums[name];
    if (typeof value === "number") sums[name] = (typeof former === "number" ? former : 0) + value;
    else if (value !== undefined) sums[name] = sumObjects((former ?? {}) as Summable, value);
  }
  return sums as T;
}
