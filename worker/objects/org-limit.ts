import type { RateLimit } from "../../shared/gcra.ts";
import { findRateLimit } from "../policy.ts";

/** Below KV's own cache time plus this, a changed limit is known everywhere within 60 s. */
const FRESH_MS = 25_000;

/** For so long KV may still answer what held before a change that an object was told of. */
export const KV_STALE_MS = 60_000;

const KEY = "orgLimit";

/** A change of an org's limit, as it is told. */
export interface LimitNews {
  readonly limit: RateLimit;
  /** When it was made, unix milliseconds: older news do not undo newer. */
  readonly changedAtMs: number;
}

/** What one object knows, as it may be handed to another. */
export interface KnownLimit extends LimitNews {
  /** Until then KV is not believed. */
  readonly heardUntilMs: number;
}

/**
 * The org's rate limit as an object knows it: told at once where it is heard of, else read from KV.
 *
 * The last one known is in storage, so that an object which wakes up decides with it at once, and reads KV off the way
 * of the request.
 */
export class OrgLimit {
  readonly #policy: KVNamespace;
  readonly #storage: DurableObjectStorage;
  #known: KnownLimit | undefined;
  #readUntilMs = 0;

  constructor(policy: KVNamespace, storage: DurableObjectStorage) {
    this.#policy = policy;
    this.#storage = storage;
    this.#known = storage.kv.get<KnownLimit>(KEY);
  }

  /** The last limit known, which may be stale. */
  recall(): RateLimit | undefined {
    return this.#known?.limit;
  }

  isStale(nowMs: number): boolean {
    return nowMs >= Math.max(this.#readUntilMs, this.#known?.heardUntilMs ?? 0);
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
    // What was heard meanwhile is newer than what KV has just said.
    if (this.#known !== before && this.#known !== undefined) return this.#known.limit;
    this.#keep({ limit, changedAtMs: before?.changedAtMs ?? 0, heardUntilMs: 0 });
    return limit;
  }

  /** What this object knows, for another of the same org. */
  share(): KnownLimit | undefined {
    return this.#known;
  }

  /** What another object knew: better than nothing, or newer. KV is believed no sooner than there. */
  adopt(known: KnownLimit): void {
    if (this.#known === undefined || known.changedAtMs > this.#known.changedAtMs) this.#keep(known);
  }

  /** A change, from whoever made it; KV is not believed until it must know, too. */
  hear({ limit, changedAtMs }: LimitNews, nowMs: number): void {
    if (changedAtMs < (this.#known?.changedAtMs ?? 0)) return;
    this.#keep({ limit, changedAtMs, heardUntilMs: nowMs + KV_STALE_MS + FRESH_MS });
  }

  #keep(known: KnownLimit): void {
    const same = isSame(known, this.#known);
    this.#known = known;
    if (!same) this.#storage.kv.put(KEY, known);
  }
}

function isSame(one: KnownLimit, other: KnownLimit | undefined): boolean {
  return (
    one.limit.perSecond === other?.limit.perSecond &&
    one.limit.burst === other.limit.burst &&
    one.heardUntilMs === other.heardUntilMs
  );
}
