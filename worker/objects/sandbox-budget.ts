import type { RateLimit } from "../../shared/limit/gcra.ts";
import { refillMs, takePermits } from "../../shared/limit/gcra.ts";

/** Hostnames of one sandbox that can be requested at the full limit at the same time. */
export const SANDBOX_LIMIT_FACTOR = 32;

/** Once spent, the budget refuses for at least this time, so that isolates can repeat the refusal by themselves. */
export const SANDBOX_PAUSE_MS = 250;

/**
 * What all hostnames of one sandbox may spend together: 32 times the limit of one of them. Without it a sandbox with
 * 65 535 ports, and any number of links, could be requested at as many times the limit.
 *
 * It is in memory only: an object loses its memory when it is idle, and after ten seconds a spent budget is full again.
 */
export class SandboxBudget {
  #arrivalMs = 0;
  #perSecond: number | undefined;

  /** The limit of the sandbox, for the limit of a hostname. */
  static limitFor({ perSecond, burst }: RateLimit): RateLimit {
    return { perSecond: perSecond * SANDBOX_LIMIT_FACTOR, burst: burst * SANDBOX_LIMIT_FACTOR };
  }

  /**
   * Permits that are there, at most `wanted`.
   *
   * @param limit of one hostname
   */
  available(limit: RateLimit, wanted: number, nowMs: number): number {
    const total = SandboxBudget.limitFor(limit);
    this.#convert(total, nowMs);
    for (let permits = wanted; permits >= 1; permits = Math.floor(permits / 2))
      if (takePermits(total, this.#arrivalMs, nowMs, permits).allowed) return permits;
    return 0;
  }

  /** Where the limit has changed, as many permits are missing as before. */
  #convert(total: RateLimit, nowMs: number): void {
    const former = this.#perSecond ?? total.perSecond;
    this.#perSecond = total.perSecond;
    if (former === total.perSecond || this.#arrivalMs <= nowMs) return;
    const missingMs = ((this.#arrivalMs - nowMs) * former) / total.perSecond;
    this.#arrivalMs = nowMs + Math.min(missingMs, refillMs(total));
  }

  /** Takes permits that `available` has just named. */
  spend(limit: RateLimit, permits: number, nowMs: number): void {
    const decision = takePermits(SandboxBudget.limitFor(limit), this.#arrivalMs, nowMs, permits);
    if (decision.allowed) this.#arrivalMs = decision.arrivalMs;
  }
}
