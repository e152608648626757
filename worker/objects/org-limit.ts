import type { RateLimit } from "../../shared/gcra.ts";
import { findRateLimit } from "../policy.ts";

/** Below KV's own cache time plus this, a changed limit is known everywhere within 60 s. */
const FRESH_MS = 25_000;

/** For so long KV may still answer what held before a change that an object was told of. */
const KV_STALE_MS = 60_000;

const KEY = "limit";

/**
 * The org's rate limit as an object knows it: told at once where it is heard of, else read from KV.
 *
 * The last one known is in storage, so that an object which wakes up decides with it at once, and reads KV off the way
 * of the request.
 */
export class OrgLimit {
  readonly #policy: KVNamespace;
  readonly #storage: DurableObjectStorage;
  #limit: RateLimit | undefined;
  #freshUntilMs = 0;

  constructor(policy: KVNamespace, storage: DurableObjectStorage) {
    this.#policy = policy;
    this.#storage = storage;
    this.#limit = storage.kv.get<RateLimit>(KEY);
  }

  /** The last limit known, which may be stale. */
  recall(): RateLimit | undefined {
    return this.#limit;
  }

  isStale(nowMs: number): boolean {
    return nowMs >= this.#freshUntilMs;
  }

  /** @returns the limit as KV has it now, or a little before */
  async read(org: string, nowMs: number): Promise<RateLimit> {
    this.#freshUntilMs = nowMs + FRESH_MS;
    try {
      this.#keep(await findRateLimit(this.#policy, org));
    } catch (error) {
      if (this.#limit === undefined) throw error;
      console.error({ event: "limit_not_read", org, error: String(error) });
    }
    return this.#limit as RateLimit;
  }

  /** What whoever attached it knew: better than nothing, and to be read again. */
  start(limit: RateLimit): void {
    this.#keep(limit);
  }

  /** A change, from whoever made it; KV is not believed until it must know, too. */
  hear(limit: RateLimit, nowMs: number): void {
    this.#freshUntilMs = nowMs + KV_STALE_MS + FRESH_MS;
    this.#keep(limit);
  }

  #keep(limit: RateLimit): void {
    if (limit.perSecond === this.#limit?.perSecond && limit.burst === this.#limit.burst) return;
    this.#limit = limit;
    this.#storage.kv.put(KEY, limit);
  }
}
