import type { Refusal } from "../shared/refusal.ts";
import { refuse } from "../shared/refusal.ts";

/** How long a client that asked for too much that does not exist is refused without its object being asked. */
export const MISS_PAUSE_MS = 10_000;

/** Clients paused at the same time per isolate; the one paused longest ago goes first. */
const MAX_CLIENTS = 10_000;

/**
 * Bounds what one client can spend on sandboxes that do not exist: each costs an object call, and there are 2^122 of
 * them. Counts misses only, with Cloudflare's native limiter, so that a visitor of real previews never meets it.
 */
export class MissGuard {
  readonly #limiter: RateLimit | undefined;
  readonly #pausedUntilMs = new Map<string, number>();

  /** @param limiter where the deployment has one; without it nothing is counted */
  constructor(limiter: RateLimit | undefined) {
    this.#limiter = limiter;
  }

  /** Whether this client must not have an object asked now. */
  check(clientIp: string, nowMs: number): Refusal | undefined {
    const untilMs = this.#pausedUntilMs.get(clientIp);
    if (untilMs === undefined) return undefined;
    if (nowMs < untilMs) return refuse("rate_limited", { retryAfterS: Math.ceil((untilMs - nowMs) / 1000) });
    this.#pausedUntilMs.delete(clientIp);
    return undefined;
  }

  /** An object was asked for nothing. */
  async note(clientIp: string, nowMs: number): Promise<void> {
    if (this.#limiter === undefined || clientIp === "") return;
    const { success } = await this.#limiter.limit({ key: clientIp });
    if (success) return;
    this.#pausedUntilMs.set(clientIp, nowMs + MISS_PAUSE_MS);
    if (this.#pausedUntilMs.size <= MAX_CLIENTS) return;
    for (const oldest of this.#pausedUntilMs.keys()) {
      this.#pausedUntilMs.delete(oldest);
      return;
    }
  }
}
