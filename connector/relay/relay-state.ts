import { performance } from "node:perf_hooks";
import type { Refusal, RefusalCode } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";
import type { Destination, RelayGuest, Upstream } from "./destination.ts";
import type { ExchangeReport } from "./exchange-report.ts";
import { findOpenFileLimit } from "./find-open-file-limit.ts";
import { GuestPool } from "./guest-pool.ts";
import { GuestUse } from "./guest-use.ts";
import type { RequestHead } from "./http1/parse-request-head.ts";
import type { RelayLimits } from "./limits.ts";
import type { VisitorConnection } from "./visitor-connection.ts";
import type { Tunnel } from "./websocket/tunnel.ts";

export interface RelayOptions {
  readonly limits: RelayLimits;
  /** Steps 7–9: where a request goes, or why not. Answering without a promise saves a turn of the event loop. */
  findDestination(head: RequestHead): Destination | Refusal | Promise<Destination | Refusal>;
  /** Called once per exchange and once per tunnel, at its end. */
  onExchange?(report: ExchangeReport): void;
  /** `findDestination` threw: its request is answered with a bare 500. */
  onBug?(error: unknown, requestId: string): void;
}

/** Things that happened, since the start. */
export interface RelayCounts {
  requests: number;
  tunnels: number;
  /** Sent again on a fresh connection, because a reused one had died unanswered. */
  retried: number;
  visitorLeft: number;
  /** The guest's connection ended inside an answer. */
  guestTorn: number;
  /** The guest sent bytes that nobody had asked for. */
  guestExcess: number;
  timedOut: number;
  /** Open streams and tunnels cut at the end of their grant, or at its withdrawal. */
  grantEnded: number;
  readonly refused: Partial<Record<RefusalCode, number>>;
}

/** Time after which a shed visitor may find room. */
const SHED_RETRY_AFTER_S = 1;

/** Descriptors for everything else: listeners, logs, the guests' agents, the edge. */
const RESERVED_DESCRIPTORS = 64;

/** One descriptor in so many is for visitors who are told that there is no room. */
const SHED_SHARE = 8;

/** What all connections of one relay share. */
export class RelayState {
  readonly limits: RelayLimits;
  readonly options: RelayOptions;
  readonly counts: RelayCounts = {
    requests: 0,
    tunnels: 0,
    retried: 0,
    visitorLeft: 0,
    guestTorn: 0,
    guestExcess: 0,
    timedOut: 0,
    grantEnded: 0,
    refused: {},
  };
  readonly visitors = new Set<VisitorConnection>();
  readonly tunnels = new Set<Tunnel>();
  readonly uses = new Map<RelayGuest, GuestUse>();
  /** Requests and tunnels now open. */
  streams = 0;
  draining = false;
  /** Visitors who get no further than their refusal. */
  shedding = 0;
  readonly #maxVisitors: number;
  readonly #maxShedding: number;

  constructor(options: RelayOptions) {
    const { maxVisitorConnections } = options.limits;
    const descriptors = findOpenFileLimit() - RESERVED_DESCRIPTORS;
    const forServing = descriptors * (1 - 1 / SHED_SHARE);
    // A visitor that is served has two descriptors, its own and its guest's.
    this.#maxVisitors = Math.min(maxVisitorConnections, Math.floor(forServing / 2));
    this.#maxShedding = Math.min(maxVisitorConnections, Math.floor(descriptors / SHED_SHARE));
    this.options = options;
    this.limits = options.limits;
  }

  /** Monotonic milliseconds. */
  now(): number {
    return performance.now();
  }

  poolOf(upstream: Upstream): GuestPool {
    let use = this.uses.get(upstream.guest);
    if (use === undefined) {
      use = new GuestUse();
      this.uses.set(upstream.guest, use);
    }
    let pool = use.pools.get(upstream);
    if (pool === undefined) {
      pool = new GuestPool(this, upstream, use);
      use.pools.set(upstream, pool);
    }
    return pool;
  }

  /** Takes a slot for a request that may become a tunnel, or says which limit is reached. */
  admit(use: GuestUse, upgrade: boolean): Refusal | undefined {
    const { maxStreams, maxRequestsPerSandbox, maxTunnelsPerSandbox } = this.limits;
    const full =
      this.streams >= maxStreams ||
      use.requests >= maxRequestsPerSandbox ||
      (upgrade && use.tunnels.size >= maxTunnelsPerSandbox);
    if (full) return refuse("too_many_connections", { retryAfterS: SHED_RETRY_AFTER_S });
    this.streams++;
    use.requests++;
    this.counts.requests++;
    return undefined;
  }

  /** Why a new visitor gets no further, if so. */
  shed(): Refusal | undefined {
    if (this.draining) return refuse("draining", { retryAfterS: SHED_RETRY_AFTER_S });
    if (this.visitors.size - this.shedding + this.tunnels.size < this.#maxVisitors) return undefined;
    return refuse("too_many_connections", { retryAfterS: SHED_RETRY_AFTER_S });
  }

  /** A visitor more who is waited for would take the descriptors of those who are served. */
  mayShedPatiently(): boolean {
    return this.shedding < this.#maxShedding;
  }

  countRefusal(code: RefusalCode): void {
    this.counts.refused[code] = (this.counts.refused[code] ?? 0) + 1;
  }
}
