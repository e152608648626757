import { clampRateLimit } from "../../shared/limit/clamp-rate-limit.ts";
import type { RateLimit } from "../../shared/limit/gcra.ts";
import { findRateLimit } from "../policy/orgs.ts";
import type { KnownLimit, LimitChange } from "./messages.ts";

/** Below KV's own cache time plus this, a changed limit is known everywhere within 60 s. */
const FRESH_MS = 25_000;

/** For so long KV may still return what held before a change that was sent to an object. */
export const KV_STALE_MS = 60_000;

const KEY = "orgLimit";

/** Where the last known limit is kept. */
export interface LimitStore {
  read(): KnownLimit | undefined;
  write(known: KnownLimit): void;
}

/** A limit in a key of its own of an object's storage. */
export function storedLimit(kv: SyncKvStorage): LimitStore {
  return {
    read: () => kv.get<KnownLimit>(KEY),
    write: (known) => kv.put(KEY, known),
  };
}

/**
 * The org's rate limit as an object knows it: sent to it by the workspace, else read from KV.
 *
 * The last known one is in storage: an object that wakes up decides with it at once, and reads KV beside the request.
 * Whatever limit comes from there, or from another object, is clamped: a former version may have written it.
 */
export class OrgLimit {
  readonly #policy: KVNamespace;
  readonly #store: LimitStore;
  #known: KnownLimit | undefined;
  #readUntilMs = 0;

  constructor(policy: KVNamespace, store: LimitStore) {
    this.#policy = policy;
    this.#store = store;
    const stored = store.read();
    this.#known = stored && { ...stored, limit: clampRateLimit(stored.limit) };
  }

  /** The last limit known, which may be stale. */
  recall(): RateLimit | undefined {
    return this.#known?.limit;
  }

  isStale(nowMs: number): boolean {
    return nowMs >= Math.max(this.#readUntilMs, this.#known?.kvStaleUntilMs ?? 0);
  }

  /** @returns the limit as KV has it now, or a little before */
  async read(org: string, nowMs: number): Promise<RateLimit> {
    this.#readUntilMs = nowMs + FRESH_MS;
    const before = this.#known;
    let limit: RateLimit;
    try {
      limit = await findRateLimit(this.#policy, org);
    } catch (error) {
      if (this.#known === undefined) throw error;
      console.error({ event: "limit_not_read", org, error: String(error) });
      return this.#known.limit;
    }
    // A change that came meanwhile is newer than what KV has just returned.
    if (this.#known !== before && this.#known !== undefined) return this.#known.limit;
    this.#keep({ limit, changedAtMs: before?.changedAtMs ?? 0, kvStaleUntilMs: 0 });
    return limit;
  }

  /** What this object knows, for another of the same org. */
  share(): KnownLimit | undefined {
    return this.#known;
  }

  /** Takes over what another object knows, where it is newer or nothing is known here. */
  adopt(known: KnownLimit): void {
    if (this.#known === undefined || known.changedAtMs > this.#known.changedAtMs) this.#keep(known);
  }

  /** Takes over a change; KV is not read until it must have the change, too. */
  applyChange({ limit, changedAtMs }: LimitChange, nowMs: number): void {
    if (changedAtMs < (this.#known?.changedAtMs ?? 0)) return;
    this.#keep({ limit, changedAtMs, kvStaleUntilMs: nowMs + KV_STALE_MS + FRESH_MS });
  }

  #keep(offered: KnownLimit): void {
    const known = { ...offered, limit: clampRateLimit(offered.limit) };
    const same = isSame(known, this.#known);
    this.#known = known;
    if (!same) this.#store.write(known);
  }
}

function isSame(one: KnownLimit, other: KnownLimit | undefined): boolean {
  return (
    one.limit.perSecond === other?.limit.perSecond &&
    one.limit.burst === other.limit.burst &&
    one.kvStaleUntilMs === other.kvStaleUntilMs
  );
}
