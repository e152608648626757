import { BoundedMap } from "../../shared/bounded-map.ts";
import { clientKey } from "../../shared/client-key.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";

/** How long a client with too many misses is refused without an object call. */
export const MISS_PAUSE_MS = 10_000;

/** Clients paused at the same time in an isolate; the one paused longest ago is forgotten first. */
const MAX_CLIENTS = 10_000;

/**
 * Bounds what one client can spend on sandboxes and hosts that do not exist: each costs an object call, and there are
 * 2^122 of them. A client is an IPv4 address or a /64 of IPv6. Counts misses only, with Cloudflare's native limiter, so
 * that visitors of existing previews are never affected.
 */
export class MissGuard {
  readonly #limiter: RateLimit | undefined;
  readonly #pausedUntilMs = new BoundedMap<string, number>(MAX_CLIENTS);

  /** @param limiter where the deployment has one; without one nothing is counted */
  constructor(limiter: RateLimit | undefined) {
    this.#limiter = limiter;
  }

  /** The refusal of a client that is paused. */
  check(clientIp: string, nowMs: number): Refusal | undefined {
    if (this.#pausedUntilMs.size === 0) return undefined;
    const client = clientKey(clientIp);
    const untilMs = this.#pausedUntilMs.get(client);
    if (untilMs === undefined) return undefined;
    if (nowMs < untilMs) return refuse("rate_limited", { retryAfterS: Math.ceil((untilMs - nowMs) / 1000) });
    this.#pausedUntilMs.delete(client);
    return undefined;
  }

  /** Counts a request for something that does not exist. */
  async recordMiss(clientIp: string, nowMs: number): Promise<void> {
    if (this.#limiter === undefined || clientIp === "") return;
    const client = clientKey(clientIp);
    const { success } = await this.#limiter.limit({ key: client });
    if (success) return;
    this.#pausedUntilMs.set(client, nowMs + MISS_PAUSE_MS);
  }
}
