import type { RelayCounts, RelayStats } from "../relay/relay.ts";

/** The counters of several relays as those of one. */
export function sumStats(all: readonly RelayStats[]): RelayStats {
  return all.reduce((left, right) => sumObjects(left, right), EMPTY);
}

const COUNTS: RelayCounts = {
  requests: 0,
  tunnels: 0,
  retried: 0,
  visitorLeft: 0,
  unprovenDropped: 0,
  guestAborted: 0,
  guestDark: 0,
  guestExcess: 0,
  timedOut: 0,
  endedForRoom: 0,
  grantEnded: 0,
  refused: {},
};

const EMPTY: RelayStats = {
  visitors: 0,
  unproven: 0,
  requests: 0,
  tunnels: 0,
  guestConnections: 0,
  pooled: 0,
  pools: 0,
  waiters: 0,
  counts: COUNTS,
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
