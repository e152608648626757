import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";
import type { GuestUse } from "./guest-use.ts";
import type { RelayState } from "./relay-state.ts";
import { findOpenFileLimit } from "./socket/find-open-file-limit.ts";

/** Time after which a refused visitor may find room. */
const RETRY_AFTER_S = 1;

/** Descriptors for everything else: listeners, logs, the guests' agents, the edge. */
const RESERVED_DESCRIPTORS = 64;

/** One descriptor in so many is for visitors that get a refusal because there is no room. */
const SHED_SHARE = 8;

/** Of the visitors, where a low open-file limit allows only few. */
const UNPROVEN_SHARE = 1 / 4;

/** Decides how much the relay takes on: requests and tunnels by its limits, visitors also by the open-file limit. */
export class Capacity {
  /** Requests and tunnels now open. */
  streams = 0;
  /** Visitors now open that get nothing but a refusal. */
  shedding = 0;
  readonly #relay: RelayState;
  readonly #visitors: { readonly size: number };
  readonly #tunnels: { readonly size: number };
  readonly #maxVisitors: number;
  readonly #maxShedding: number;
  /** Visitors that may be open without a valid pass. */
  readonly maxUnproven: number;

  /**
   * @param visitors all that are open, those that get nothing but a refusal included
   * @param tunnels all that are open
   */
  constructor(relay: RelayState, visitors: { readonly size: number }, tunnels: { readonly size: number }) {
    const { maxVisitorConnections, maxUnprovenConnections } = relay.limits;
    const descriptors = findOpenFileLimit() - RESERVED_DESCRIPTORS;
    const forServing = descriptors * (1 - 1 / SHED_SHARE);
    // A visitor that is served takes two descriptors, its own and its guest's.
    this.#maxVisitors = Math.min(maxVisitorConnections, Math.floor(forServing / 2));
    this.maxUnproven = Math.max(
      1,
      Math.min(maxUnprovenConnections, Math.floor(this.#maxVisitors * UNPROVEN_SHARE)),
    );
    this.#maxShedding = Math.min(maxVisitorConnections, Math.floor(descriptors / SHED_SHARE));
    this.#relay = relay;
    this.#visitors = visitors;
    this.#tunnels = tunnels;
  }

  /** Takes a slot for a request that may become a tunnel, or says which limit is reached. */
  admit(use: GuestUse, isUpgrade: boolean): Refusal | undefined {
    const { maxStreams, maxRequestsPerSandbox, maxTunnelsPerSandbox } = this.#relay.limits;
    const isFull =
      this.streams >= maxStreams ||
      use.requests >= maxRequestsPerSandbox ||
      (isUpgrade && use.tunnels.size >= maxTunnelsPerSandbox);
    if (isFull) return refuse("too_many_connections", { retryAfterS: RETRY_AFTER_S });
    this.streams++;
    use.requests++;
    this.#relay.counts.requests++;
    return undefined;
  }

  /** Why each request of a new visitor is refused, if so. */
  refuseVisitor(): Refusal | undefined {
    if (this.#relay.draining) return refuse("draining", { retryAfterS: RETRY_AFTER_S });
    const served = this.#visitors.size - this.shedding + this.#tunnels.size;
    if (served < this.#maxVisitors) return undefined;
    return refuse("too_many_connections", { retryAfterS: RETRY_AFTER_S });
  }

  /** Whether a refused visitor may stay until its request has come; one more would take descriptors of served visitors. */
  mayShedPatiently(): boolean {
    return this.shedding < this.#maxShedding;
  }
}
