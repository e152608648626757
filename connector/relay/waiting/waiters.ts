import { findHolder } from "../capacity/find-holder.ts";
import type { Share } from "../capacity/share.ts";
import { createShare, isShareUsed } from "../capacity/share.ts";
import type { Destination, RelayGuest } from "../destination.ts";
import type { RelayLimits } from "../limits.ts";

/** A request that waits until something listens on its port. */
export interface Waiter {
  /** Something listens now. Called at most once. */
  onPortOpen(): void;
  /** The guest is detached, or has been replaced. */
  onGuestClosed(): void;
  /** So much time has passed that a proxy could take the connection for dead. */
  keepAlive(): void;
}

interface WaitersOfGuest {
  /** Each with what ends its place. */
  readonly places: Map<Waiter, () => void>;
  /** By port and client. */
  readonly counts: Map<string, number>;
}

type WaiterLimits = Pick<
  RelayLimits,
  | "maxWaitersPerClient"
  | "maxWaitersPerSandbox"
  | "waiterKeepAliveMs"
  | "workspaceSharePercent"
  | "sharesBindAtPercent"
>;

/**
 * The requests that wait for a port to open. They hold no slot of an app's request, and no connection to a guest.
 *
 * Clients are counted by their address also where they share a link: one that is shared in a team has more than eight
 * visitors.
 */
export class Waiters {
  readonly #limits: WaiterLimits;
  readonly #max: number;
  readonly #workspaceShare: Share;
  readonly #ofWorkspaces = new Map<string, number>();
  readonly #guests = new Map<RelayGuest, WaitersOfGuest>();
  #size = 0;
  /** Monotonic; `undefined` until the first tick with waiters. */
  #nextKeepAliveMs: number | undefined;

  /** @param max of all sandboxes together */
  constructor(limits: WaiterLimits, max: number) {
    this.#limits = limits;
    this.#max = max;
    this.#workspaceShare = createShare(max, limits.workspaceSharePercent, limits.sharesBindAtPercent);
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Takes a place, and watches the port.
   *
   * @returns a function that gives the place back, which may be called again; `undefined` where there is no place, or
   *   the port cannot be watched
   */
  enter({ upstream, clientIp }: Destination, waiter: Waiter): (() => void) | undefined {
    const { guest, port, watch } = upstream;
    const known = this.#guests.get(guest);
    const client = `${port} ${findHolder(undefined, clientIp)}`;
    const ofClient = known?.counts.get(client) ?? 0;
    const { maxWaitersPerClient, maxWaitersPerSandbox } = this.#limits;
    if (watch === undefined || this.#size >= this.#max) return undefined;
    if (ofClient >= maxWaitersPerClient || (known?.places.size ?? 0) >= maxWaitersPerSandbox)
      return undefined;
    const { workspace = "" } = guest;
    const ofWorkspace = this.#ofWorkspaces.get(workspace) ?? 0;
    if (isShareUsed(this.#workspaceShare, this.#size, ofWorkspace)) return undefined;
    const stopWatching = watch(() => waiter.onPortOpen());
    const { places, counts } = known ?? this.#add(guest);
    const leave = (): void => {
      if (!places.delete(waiter)) return;
      this.#size--;
      stopWatching();
      const rest = counts.get(client)! - 1;
      if (rest > 0) counts.set(client, rest);
      else counts.delete(client);
      if (places.size === 0) this.#guests.delete(guest);
      const others = this.#ofWorkspaces.get(workspace)! - 1;
      if (others > 0) this.#ofWorkspaces.set(workspace, others);
      else this.#ofWorkspaces.delete(workspace);
    };
    this.#size++;
    this.#ofWorkspaces.set(workspace, ofWorkspace + 1);
    counts.set(client, ofClient + 1);
    places.set(waiter, leave);
    return leave;
  }

  #add(guest: RelayGuest): WaitersOfGuest {
    const added = { places: new Map(), counts: new Map() };
    this.#guests.set(guest, added);
    return added;
  }

  closeGuest(guest: RelayGuest): void {
    const known = this.#guests.get(guest);
    if (known === undefined) return;
    for (const [waiter, leave] of [...known.places]) {
      leave();
      waiter.onGuestClosed();
    }
  }

  /** Does what is due by now; nothing where nobody waits. */
  tick(nowMs: number): void {
    if (this.#size === 0) {
      this.#nextKeepAliveMs = undefined;
      return;
    }
    this.#nextKeepAliveMs ??= nowMs + this.#limits.waiterKeepAliveMs;
    if (nowMs < this.#nextKeepAliveMs) return;
    this.#nextKeepAliveMs = nowMs + this.#limits.waiterKeepAliveMs;
    for (const { places } of this.#guests.values())
      for (const waiter of [...places.keys()]) waiter.keepAlive();
  }
}
