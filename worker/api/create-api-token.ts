import { base64url } from "jose";

const API_TOKEN_BYTES = 32;

/** Makes the secret of a new API token. Its prefix lets secret scanners find a leaked one. */
export function createApiToken(): string {
  return `pvw_${base64url.encode(crypto.getRandomValues(new Uint8Array(API_TOKEN_BYTES)))}`;
}
