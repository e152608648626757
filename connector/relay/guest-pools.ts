import type { Refusal } from "../../shared/refusal/refusal.ts";
import type { WorkspaceUse } from "./capacity/guest-use.ts";
import { GuestUse } from "./capacity/guest-use.ts";
import { RoomMaker } from "./capacity/room-maker.ts";
import type { Destination, RelayGuest, Upstream } from "./destination.ts";
import type { GuestDirectory } from "./exchange/guest-directory.ts";
import type { PoolContext, PoolsOfGuest } from "./guest-pool.ts";
import { GuestPool } from "./guest-pool.ts";
import type { Waiter } from "./waiting/waiters.ts";
import { Waiters } from "./waiting/waiters.ts";

interface Guest {
  readonly use: GuestUse;
  readonly pools: PoolsOfGuest;
}

/** The guests towards which anything is open, with a pool for each of their upstreams. */
export class GuestPools implements GuestDirectory {
  readonly #context: PoolContext;
  readonly #guests = new Map<RelayGuest, Guest>();
  readonly #workspaces = new Map<string, WorkspaceUse>();
  readonly #room: RoomMaker;
  readonly #waiters: Waiters;

  constructor(context: PoolContext) {
    this.#context = context;
    this.#room = new RoomMaker(context.relay, () => this.#listUses());
    this.#waiters = new Waiters(context.relay.limits, context.capacity.maxWaiters);
  }

  enter({ upstream, holder }: Destination, isUpgrade: boolean): GuestPool | Refusal {
    const guest = this.#guestOf(upstream.guest);
    const { use } = guest;
    const refusal = this.#context.capacity.admit(use, use.holder(holder), isUpgrade, this.#room);
    return refusal ?? this.#poolOf(guest, upstream).enter();
  }

  wait(destination: Destination, waiter: Waiter): (() => void) | undefined {
    return this.#waiters.enter(destination, waiter);
  }

  *#listUses(): Iterable<GuestUse> {
    for (const { use } of this.#guests.values()) yield use;
  }

  #guestOf(guest: RelayGuest): Guest {
    let known = this.#guests.get(guest);
    if (known === undefined) {
      known = { use: new GuestUse(this.#enterWorkspace(guest)), pools: new Map() };
      this.#guests.set(guest, known);
    }
    return known;
  }

  /** A host has few workspaces, and forgets one with its last guest. */
  #enterWorkspace({ workspace = "" }: RelayGuest): WorkspaceUse {
    let use = this.#workspaces.get(workspace);
    if (use === undefined) {
      use = { streams: 0, guests: 0 };
      this.#workspaces.set(workspace, use);
    }
    use.guests++;
    return use;
  }

  #forget(guest: RelayGuest, { workspace }: GuestUse): void {
    this.#guests.delete(guest);
    workspace.guests--;
    // Requests of an ended guest may still be under way: then the next sweep that forgets a guest forgets this, too.
    for (const [name, { streams, guests }] of this.#workspaces)
      if (streams === 0 && guests === 0) this.#workspaces.delete(name);
  }

  #poolOf({ use, pools }: Guest, upstream: Upstream): GuestPool {
    let pool = pools.get(upstream);
    if (pool === undefined) {
      pool = new GuestPool(this.#context, upstream, use, pools);
      pools.set(upstream, pool);
    }
    return pool;
  }

  /** Ends everything that is open towards a guest, and lets nothing open that is still dialling. */
  close(guest: RelayGuest): void {
    this.#waiters.closeGuest(guest);
    const known = this.#guests.get(guest);
    if (known === undefined) return;
    this.#forget(guest, known.use);
    known.use.close();
  }

  closeAll(): void {
    for (const guest of this.#guests.keys()) this.close(guest);
  }

  /** Closes connections that have been idle for too long, keeps those of waiters alive, and forgets guests towards which nothing is open. */
  closeIdle(nowMs: number): void {
    this.#waiters.tick(nowMs);
    for (const [guest, { use, pools }] of this.#guests) {
      for (const pool of pools.values()) pool.closeIdle(nowMs);
      use.forgetIdleHolders();
      if (use.isEmpty()) this.#forget(guest, use);
    }
  }

  /** How many connections are open, how many of them are idle, in how many pools, and how many requests wait. */
  count(): Readonly<Record<"connections" | "idle" | "pools" | "waiters", number>> {
    let connections = 0;
    let idle = 0;
    let poolCount = 0;
    for (const { use, pools } of this.#guests.values()) {
      connections += use.connections.size;
      poolCount += pools.size;
      for (const pool of pools.values()) idle += pool.idleCount;
    }
    return { connections, idle, pools: poolCount, waiters: this.#waiters.size };
  }
}
