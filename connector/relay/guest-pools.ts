import type { Refusal } from "../../shared/refusal/refusal.ts";
import type { RelayGuest, Upstream } from "./destination.ts";
import type { GuestDirectory } from "./exchange.ts";
import type { PoolContext, PoolsOfGuest } from "./guest-pool.ts";
import { GuestPool } from "./guest-pool.ts";
import { GuestUse } from "./guest-use.ts";

interface Guest {
  readonly use: GuestUse;
  readonly pools: PoolsOfGuest;
}

/** The guests towards which anything is open, with a pool for each of their upstreams. */
export class GuestPools implements GuestDirectory {
  readonly #context: PoolContext;
  readonly #guests = new Map<RelayGuest, Guest>();

  constructor(context: PoolContext) {
    this.#context = context;
  }

  enter(upstream: Upstream, isUpgrade: boolean): GuestPool | Refusal {
    const guest = this.#guestOf(upstream.guest);
    return this.#context.capacity.admit(guest.use, isUpgrade) ?? this.#poolOf(guest, upstream).enter();
  }

  #guestOf(guest: RelayGuest): Guest {
    let known = this.#guests.get(guest);
    if (known === undefined) {
      known = { use: new GuestUse(), pools: new Map() };
      this.#guests.set(guest, known);
    }
    return known;
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
    const known = this.#guests.get(guest);
    this.#guests.delete(guest);
    known?.use.close();
  }

  closeAll(): void {
    for (const guest of this.#guests.keys()) this.close(guest);
  }

  /** Closes connections that have been idle for too long, and forgets guests towards which nothing is open. */
  closeIdle(nowMs: number): void {
    for (const [guest, { use, pools }] of this.#guests) {
      for (const pool of pools.values()) pool.closeIdle(nowMs);
      if (use.isEmpty()) this.#guests.delete(guest);
    }
  }

  /** How many connections are open, how many of them are idle, and in how many pools. */
  count(): { readonly connections: number; readonly idle: number; readonly pools: number } {
    let connections = 0;
    let idle = 0;
    let poolCount = 0;
    for (const { use, pools } of this.#guests.values()) {
      connections += use.connections.size;
      poolCount += pools.size;
      for (const pool of pools.values()) idle += pool.idleCount;
    }
    return { connections, idle, pools: poolCount };
  }
}
