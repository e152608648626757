import type { JWTVerifyGetKey } from "jose";
import { createRemoteJWKSet } from "jose";
import { JWKS_PATH } from "../../shared/protocol/host-api.ts";

/**
 * How soon the edge is asked again for its keys when a pass names one that is not among them. So long visitors may be
 * refused after the edge took another key unannounced, and so often a stranger's passes make this host ask.
 */
export const KEYS_COOLDOWN_MS = 3_000;

/** The keys by which the edge signs passes, fetched when they are needed. */
export function createEdgeKeys(api: string): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(JWKS_PATH, api), { cooldownDuration: KEYS_COOLDOWN_MS });
}
