import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import type { RelayState } from "../relay-state.ts";
import { findOpenFileLimit } from "../socket/find-open-file-limit.ts";
import type { GuestUse, HolderUse } from "./guest-use.ts";
import type { RoomMaker } from "./room-maker.ts";
import type { Share } from "./share.ts";
import { createShare, isShareUsed } from "./share.ts";

/** Time after which a refused visitor may find room. */
const RETRY_AFTER_S = 1;

/** Descriptors for everything else: listeners, logs, the guests' agents, the edge. */
const RESERVED_DESCRIPTORS = 64;

/** One descriptor in so many is for visitors that get a refusal because there is no room. */
const SHED_SHARE = 8;

/** Of the visitors, where a low open-file limit allows only few. */
const UNPROVEN_SHARE = 1 / 4;

/** Of the visitors: those that wait for a port must leave the places of an app's requests free. */
const WAITER_SHARE = 1 / 10;

/** Decides how much the relay takes on: requests and tunnels by its limits, visitors also by the open-file limit. */
export class Capacity {
  /** Requests and tunnels now open. */
  streams = 0;
  /** Visitors now open that get nothing but a refusal. */
  shedding = 0;
  /** Visitors that may be open without a valid pass. */
  readonly maxUnproven: number;
  /** Requests that may wait for a port to open. */
  readonly maxWaiters: number;
  readonly #relay: RelayState;
  readonly #visitors: { readonly size: number };
  readonly #tunnels: { readonly size: number };
  readonly #maxVisitors: number;
  readonly #maxShedding: number;
  readonly #requestShare: Share;
  readonly #tunnelShare: Share;
  readonly #streamShare: Share;

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
    this.maxWaiters = Math.max(
      1,
      Math.min(relay.limits.maxWaiters, Math.floor(this.#maxVisitors * WAITER_SHARE)),
    );
    this.#maxShedding = Math.min(maxVisitorConnections, Math.floor(descriptors / SHED_SHARE));
    const { maxRequestsPerSandbox, maxTunnelsPerSandbox, maxStreams } = relay.limits;
    const { holderSharePercent, workspaceSharePercent, sharesBindAtPercent } = relay.limits;
    this.#requestShare = createShare(maxRequestsPerSandbox, holderSharePercent, sharesBindAtPercent);
    this.#tunnelShare = createShare(maxTunnelsPerSandbox, holderSharePercent, sharesBindAtPercent);
    this.#streamShare = createShare(maxStreams, workspaceSharePercent, sharesBindAtPercent);
    this.#relay = relay;
    this.#visitors = visitors;
    this.#tunnels = tunnels;
  }

  /** Takes a slot for a request that may become a tunnel, or refuses where a limit or its holder's share is reached. */
  admit(use: GuestUse, holder: HolderUse, isUpgrade: boolean, room: RoomMaker): Refusal | undefined {
    if (this.#isShareUsed(use, holder, isUpgrade) || !this.#hasRoom(use, isUpgrade, room))
      return refuse("too_many_connections", { retryAfterS: RETRY_AFTER_S });
    this.streams++;
    use.workspace.streams++;
    use.requests++;
    holder.requests++;
    this.#relay.counts.requests++;
    return undefined;
  }

  /** A request is over. */
  leave(use: GuestUse, holder: HolderUse): void {
    use.requests--;
    holder.requests--;
    this.#endStream(use);
  }

  /** A request becomes a tunnel, which keeps its slot among all streams. */
  openTunnel(use: GuestUse, holder: HolderUse): void {
    use.requests--;
    holder.requests--;
    holder.tunnels++;
  }

  closeTunnel(use: GuestUse, holder: HolderUse): void {
    holder.tunnels--;
    this.#endStream(use);
  }

  #endStream(use: GuestUse): void {
    this.streams--;
    use.workspace.streams--;
  }

  /** Shares bind only where the whole is used to a certain part: below that the rest is not needed. */
  #isShareUsed(use: GuestUse, holder: HolderUse, isUpgrade: boolean): boolean {
    return (
      isShareUsed(this.#requestShare, use.requests, holder.requests) ||
      (isUpgrade && isShareUsed(this.#tunnelShare, use.tunnels.size, holder.tunnels)) ||
      isShareUsed(this.#streamShare, this.streams, use.workspace.streams)
    );
  }

  #hasRoom(use: GuestUse, isUpgrade: boolean, room: RoomMaker): boolean {
    const { maxStreams, maxRequestsPerSandbox, maxTunnelsPerSandbox } = this.#relay.limits;
    return (
      (use.requests < maxRequestsPerSandbox || room.endUpload(use)) &&
      (!isUpgrade || use.tunnels.size < maxTunnelsPerSandbox || room.endTunnel(use)) &&
      (this.streams < maxStreams || room.endAnyUpload() || room.endAnyTunnel())
    );
  }

  /** Why each request of a new visitor is refused, if so. */
  refuseVisitor(): Refusal | undefined {
    const served = this.#visitors.size - this.shedding + this.#tunnels.size;
    if (served < this.#maxVisitors) return undefined;
    return refuse("too_many_connections", { retryAfterS: RETRY_AFTER_S });
  }

  /** Whether a refused visitor may stay until its request has come; one more would take descriptors of served visitors. */
  mayShedPatiently(): boolean {
    return this.shedding < this.#maxShedding;
  }
}
