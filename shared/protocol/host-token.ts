import type { CryptoKey, JWK, KeyObject } from "jose";
import { decodeJwt, importJWK, jwtVerify, SignJWT } from "jose";
import { CLOCK_TOLERANCE_S, SIGNATURE_ALGORITHM } from "./signature.ts";

/**
 * The host token: a JWT with which a host signs its calls to the edge, in `authorization: Bearer`.
 *
 * | claim | |
 * | --- | --- |
 * | `iss`, `aud` | the host's id, `preview-edge` |
 * | `iat`, `exp` | at most `HOST_TOKEN_MAX_LIFETIME_S` apart |
 * | `instance` | the connector that calls: an id that it made once and keeps with its state |
 * | `take_over` | `true` where an operator started it to take the place of another connector of this host |
 *
 * While one instance is in use (`INSTANCE_HOLD_MS` in `host-api.ts`), the edge refuses another one with `conflict`. A
 * token without an instance is not held to that.
 */

const AUDIENCE = "preview-edge";

/** Longest life of a host token. */
export const HOST_TOKEN_MAX_LIFETIME_S = 60;

const INSTANCE_CLAIM = "instance";
const TAKE_OVER_CLAIM = "take_over";

/** An instance's id: random, so that no two connectors share one. */
const INSTANCE_PATTERN = /^[A-Za-z0-9_-]{16,64}$/;

/** The connector that makes a call. */
export interface HostCaller {
  /** Absent where the token names none. */
  readonly instance?: string;
  readonly takesOver: boolean;
}

/** Whether a text has the form of an instance's id. */
export function isInstance(value: unknown): value is string {
  return typeof value === "string" && INSTANCE_PATTERN.test(value);
}

/** The public part of a host's key, as JWK (RFC 8037, section 2). */
export interface HostPublicKey {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  /** 32 bytes in base64url. */
  readonly x: string;
}

/**
 * Signs a token that is valid for `HOST_TOKEN_MAX_LIFETIME_S` from now.
 *
 * @param nowMs unix milliseconds
 * @param caller default: a caller without an instance
 */
export function signHostToken(
  hostId: string,
  privateKey: CryptoKey | KeyObject,
  nowMs: number,
  caller: HostCaller = { takesOver: false },
): Promise<string> {
  const nowS = Math.floor(nowMs / 1000);
  return new SignJWT({
    ...(caller.instance !== undefined && { [INSTANCE_CLAIM]: caller.instance }),
    ...(caller.takesOver && { [TAKE_OVER_CLAIM]: true }),
  })
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
 * @returns the connector that made it
 * @throws jose's errors; it looks at claims only after the signature
 */
export async function verifyHostToken(
  token: string,
  hostId: string,
  publicKey: HostPublicKey,
  nowMs: number,
): Promise<HostCaller> {
  const { payload } = await jwtVerify(
    token,
    await importJWK({ ...publicKey } satisfies JWK, SIGNATURE_ALGORITHM),
    {
      algorithms: [SIGNATURE_ALGORITHM],
      issuer: hostId,
      audience: AUDIENCE,
      requiredClaims: ["exp", "iat"],
      maxTokenAge: HOST_TOKEN_MAX_LIFETIME_S,
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: new Date(nowMs),
    },
  );
  const instance = payload[INSTANCE_CLAIM];
  return { ...(isInstance(instance) && { instance }), takesOver: payload[TAKE_OVER_CLAIM] === true };
}
