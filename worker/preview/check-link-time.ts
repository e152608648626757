import { MAX_LINK_LIFETIME_MS } from "../../shared/link/link-token.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";

/** Clocks of two edges may differ by so much. */
const CLOCK_SLACK_MS = 60_000;

/** A link that expired longer ago is refused without a look at its MAC. */
const LONG_EXPIRED_MS = 24 * 3_600_000;

/**
 * Refuses a token for its expiry alone, before its sandbox's object is asked: no link is minted that ends in more
 * than a week. Of random labels one in about 20 000 passes.
 *
 * @param expiresAtMs unix milliseconds, not verified
 */
export function checkLinkTime(expiresAtMs: number, nowMs: number): Refusal | undefined {
  if (expiresAtMs > nowMs + MAX_LINK_LIFETIME_MS + CLOCK_SLACK_MS) return refuse("link_invalid");
  if (expiresAtMs < nowMs - LONG_EXPIRED_MS) return refuse("link_invalid");
  return undefined;
}
