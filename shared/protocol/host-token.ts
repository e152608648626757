import type { CryptoKey, JWK, KeyObject } from "jose";
import { decodeJwt, importJWK, jwtVerify, SignJWT } from "jose";
import { CLOCK_TOLERANCE_S, SIGNATURE_ALGORITHM } from "./signature.ts";

/**
 * The host token: a JWT with which a host signs its calls to the edge, in `authorization: Bearer`. `iss` is the host's
 * id, `aud` `preview-edge`, `iat` and `exp` at most `HOST_TOKEN_MAX_LIFETIME_S` apart.
 */

const AUDIENCE = "preview-edge";

/** Longest life of a host token. */
export const HOST_TOKEN_MAX_LIFETIME_S = 60;

/** The public part of a host's key, as JWK (RFC 8037, section 2). */
export interface HostPublicKey {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  /** 32 bytes in base64url. */
  readonly x: string;
}

/** Signs a token that is valid for `HOST_TOKEN_MAX_LIFETIME_S` from now. */
export function signHostToken(
  hostId: string,
  privateKey: CryptoKey | KeyObject,
  nowMs: number,
): Promise<string> {
  const nowS = Math.floor(nowMs / 1000);
  return new SignJWT()
    .setProtectedHeader({ alg: SIGNATURE_ALGORITHM })
    .setIssuer(hostId)
    .setAudience(AUDIENCE)
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + HOST_TOKEN_MAX_LIFETIME_S)
    .sign(privateKey);
}

/** The host that a token names before its signature was checked; `undefined` where it is no JWT or names none. */
export function readHostTokenIssuer(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

/**
 * Verifies signature, issuer, audience and time of a host token.
 *
 * @throws jose's errors; it looks at claims only after the signature
 */
export async function verifyHostToken(
  token: string,
  hostId: string,
  publicKey: HostPublicKey,
  nowMs: number,
): Promise<void> {
  await jwtVerify(token, await importJWK({ ...publicKey } satisfies JWK, SIGNATURE_ALGORITHM), {
    algorithms: [SIGNATURE_ALGORITHM],
    issuer: hostId,
    audience: AUDIENCE,
    requiredClaims: ["exp", "iat"],
    maxTokenAge: HOST_TOKEN_MAX_LIFETIME_S,
    clockTolerance: CLOCK_TOLERANCE_S,
    currentDate: new Date(nowMs),
  });
}
