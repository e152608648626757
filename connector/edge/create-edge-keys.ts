import type { JWTVerifyGetKey } from "jose";
import { createRemoteJWKSet } from "jose";
import { JWKS_PATH } from "../../shared/protocol/host-api.ts";

/**
 * Least time between two fetches of the edge's keys for passes that name an unknown one. It bounds how long visitors are
 * refused after the edge has changed its key without notice, and how often forged passes make this host fetch.
 */
export const KEYS_COOLDOWN_MS = 3_000;

/** The keys with which passes are verified, fetched from the edge when they are needed. */
export function createEdgeKeys(api: string): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(JWKS_PATH, api), { cooldownDuration: KEYS_COOLDOWN_MS });
}
