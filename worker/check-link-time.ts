import { MAX_LINK_LIFETIME_S } from "../shared/link-token.ts";
import type { Refusal } from "../shared/refusal.ts";
import { refuse } from "../shared/refusal.ts";

/** Clocks of two edges may differ by so much. */
const CLOCK_SLACK_S = 60;

/** A link that expired longer ago opens nothing, whether or not it was ever ours. */
const LONG_EXPIRED_S = 24 * 3600;

/**
 * Refuses a token for its expiry alone, before its sandbox's object is asked: nobody mints a link that ends in more
 * than a week. Of random labels one in about 20 000 gets further.
 *
 * @param expiresAt unix seconds, not verified
 */
export function checkLinkTime(expiresAt: number, nowMs: number): Refusal | undefined {
  const nowS = nowMs / 1000;
  if (expiresAt > nowS + MAX_LINK_LIFETIME_S + CLOCK_SLACK_S) return refuse("link_invalid");
  if (expiresAt < nowS - LONG_EXPIRED_S) return refuse("link_expired");
  return undefined;
}
