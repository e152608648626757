import { isPort } from "../port.ts";
import type { Refusal } from "../refusal/refusal.ts";
import { refuse } from "../refusal/refusal.ts";
import { sandboxIdFromBytes, sandboxIdToBytes } from "../sandbox-id.ts";
import { decodeBase32, encodeBase32 } from "./base32.ts";

/** A link's token fills a DNS label exactly (RFC 1035, section 2.3.4). */
export const LINK_TOKEN_LENGTH = 63;

/** Key versions wrap after this one: the token has 5 bits for them. */
export const MAX_KEY_VERSION = 31;

/** A link lives at most a week. */
export const MAX_LINK_LIFETIME_S = 7 * 24 * 3600;
export const MAX_LINK_LIFETIME_MS = MAX_LINK_LIFETIME_S * 1000;

const PLAIN = 1;
const RESTRICTED = 2;
/** format and key version · 16 sandbox · 2 port · 4 expiry */
const CLAIMS_BYTES = 23;
/** Two links that open the same port until the same second differ in it, so that one can be revoked alone. */
const NONCE_BYTES = 4;
const SIGNED_BYTES = CLAIMS_BYTES + NONCE_BYTES;
/** 96 bits: each guess costs its sender a request to the edge. */
const MAC_BYTES = 12;
const MASK_CONTEXT = encodeText("preview-link-mask-v2");
const MAC_CONTEXT = encodeText("preview-link-v2");

/** Which of two `LINK_SECRET`s a token was made with: while one replaces the other, both are in use. */
export type LinkSecretSlot = 0 | 1;

/** With which tokens of one `LINK_SECRET` are masked. */
export interface LinkMask {
  readonly slot: LinkSecretSlot;
  readonly key: CryptoKey;
}

export interface LinkClaims {
  readonly sandboxId: string;
  readonly port: number;
  /** End of validity, unix milliseconds, whole seconds, exclusive. */
  readonly expiresAtMs: number;
  /** 0–31. */
  readonly keyVersion: number;
  /** The `Sandbox` object has a record of this link (its paths), without which the link is refused. */
  readonly restricted: boolean;
}

/** A token's claims before its MAC was checked: they name the object to ask, and prove nothing. */
export interface UnverifiedLink {
  readonly claims: LinkClaims;
  readonly slot: LinkSecretSlot;
  /** The 39 bytes, unmasked. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Derives the key that hides a link's claims from the person who has the link.
 *
 * A sandbox's UUID opens its public URLs, so a link that showed it would outlive its own expiry.
 *
 * @param linkSecret at least 32 bytes, the same on every edge
 * @returns an HMAC-SHA-256 key
 */
export function deriveLinkMaskKey(linkSecret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return deriveHmacKey(linkSecret, MASK_CONTEXT);
}

/**
 * Derives a workspace's signing key; nothing is stored.
 *
 * @param linkSecret at least 32 bytes, the same on every edge
 * @param keyRevision raised to rotate; any whole number, of which tokens carry the last five bits as the key version
 * @returns an HMAC-SHA-256 key
 */
export function deriveWorkspaceKey(
  linkSecret: Uint8Array<ArrayBuffer>,
  workspace: string,
  keyRevision: number,
): Promise<CryptoKey> {
  const context = encodeText(`preview-link-key-v1\0${keyRevision}\0${workspace}`);
  return deriveHmacKey(linkSecret, context);
}

/**
 * Signs a link's claims and masks them. Each call makes another token.
 *
 * @param key the key of the sandbox's workspace, in the claims' version, from the mask's secret
 * @returns 63 characters of `[a-z2-7]`
 * @throws {RangeError} a claim that the layout cannot hold
 *
 * @example
 * ```ts
 * const key = await deriveWorkspaceKey(secret, "ws_1", 0);
 * const token = await mintLinkToken(claims, key, { slot: 0, key: await deriveLinkMaskKey(secret) });
 * ```
 */
export async function mintLinkToken(claims: LinkClaims, key: CryptoKey, mask: LinkMask): Promise<string> {
  const head = encodeClaims(claims, mask.slot);
  const token = new Uint8Array(SIGNED_BYTES + MAC_BYTES);
  token.set(head);
  crypto.getRandomValues(token.subarray(CLAIMS_BYTES, SIGNED_BYTES));
  token.set(await mac(token.slice(0, SIGNED_BYTES), key), SIGNED_BYTES);
  return encodeBase32(await toggleMask(token, mask.key));
}

/**
 * Unmasks a token and reads its claims, which are not verified by that. Costs no look-up.
 *
 * Whatever is wrong with a token, the refusal is the same: a different one for some tokens would tell about the claims
 * of tokens that the sender has not got verified.
 *
 * @param masks of the secrets in use
 * @returns the claims, or `link_invalid`
 */
export async function decodeLinkToken(
  token: string,
  masks: readonly LinkMask[],
): Promise<UnverifiedLink | Refusal> {
  if (token.length !== LINK_TOKEN_LENGTH) return refuse("link_invalid");
  const masked = decodeBase32(token);
  if (masked === undefined) return refuse("link_invalid");
  const header = masked[0] ?? 0;
  const slot = header >> 7;
  const format = (header >> 5) & 3;
  const mask = masks.find((each) => each.slot === slot);
  if (mask === undefined || (format !== PLAIN && format !== RESTRICTED)) return refuse("link_invalid");

  const bytes = await toggleMask(masked, mask.key);
  const view = new DataView(bytes.buffer);
  const port = view.getUint16(17);
  if (!isPort(port)) return refuse("link_invalid");
  return {
    bytes,
    slot: mask.slot,
    claims: {
      keyVersion: header & MAX_KEY_VERSION,
      sandboxId: sandboxIdFromBytes(bytes.subarray(1, 17)),
      port,
      expiresAtMs: view.getUint32(19) * 1000,
      restricted: format === RESTRICTED,
    },
  };
}

/**
 * Verifies a decoded token.
 *
 * @param key the key of the version that the claims name, or `undefined` where there is none
 * @param nowMs unix milliseconds
 * @returns the claims, `link_invalid` or `link_expired`; a forged token is never called expired
 */
export async function verifyLinkToken(
  link: UnverifiedLink,
  key: CryptoKey | undefined,
  nowMs: number,
): Promise<LinkClaims | Refusal> {
  if (key === undefined) return refuse("link_invalid");
  const expected = await mac(link.bytes.slice(0, SIGNED_BYTES), key);
  if (!equalInConstantTime(expected, link.bytes.subarray(SIGNED_BYTES))) return refuse("link_invalid");
  if (nowMs >= link.claims.expiresAtMs) return refuse("link_expired");
  return link.claims;
}

function encodeClaims(claims: LinkClaims, slot: LinkSecretSlot): Uint8Array<ArrayBuffer> {
  const { keyVersion, port, expiresAtMs } = claims;
  const expiresAtS = expiresAtMs / 1000;
  if (!Number.isInteger(keyVersion) || keyVersion < 0 || keyVersion > MAX_KEY_VERSION) {
    throw new RangeError(`keyVersion must be an integer from 0 to ${MAX_KEY_VERSION}, was ${keyVersion}`);
  }
  if (!isPort(port)) throw new RangeError(`port must be an integer from 1 to 65535, was ${port}`);
  if (!Number.isInteger(expiresAtS) || expiresAtS < 0 || expiresAtS > 0xffff_ffff) {
    throw new RangeError(`expiresAtMs must be whole unix seconds in 32 bits, was ${expiresAtMs} ms`);
  }
  const head = new Uint8Array(CLAIMS_BYTES);
  const view = new DataView(head.buffer);
  view.setUint8(0, (slot << 7) | ((claims.restricted ? RESTRICTED : PLAIN) << 5) | keyVersion);
  head.set(sandboxIdToBytes(claims.sandboxId), 1);
  view.setUint16(17, port);
  view.setUint32(19, expiresAtS);
  return head;
}

/**
 * The mask is a pseudorandom function of nonce and MAC. A changed nonce or MAC gives another mask, so that nothing
 * learned about one token applies to another one.
 */
async function toggleMask(
  token: Uint8Array<ArrayBuffer>,
  maskKey: CryptoKey,
): Promise<Uint8Array<ArrayBuffer>> {
  const mask = new Uint8Array(await crypto.subtle.sign("HMAC", maskKey, token.slice(CLAIMS_BYTES)));
  const result = token.slice();
  for (let index = 1; index < CLAIMS_BYTES; index++) result[index]! ^= mask[index - 1]!;
  return result;
}

async function deriveHmacKey(
  linkSecret: Uint8Array<ArrayBuffer>,
  info: Uint8Array<ArrayBuffer>,
): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey("raw", linkSecret, "HKDF", false, ["deriveKey"]);
  const derivation = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info };
  const algorithm = { name: "HMAC", hash: "SHA-256", length: 256 };
  return crypto.subtle.deriveKey(derivation, secret, algorithm, false, ["sign"]);
}

function encodeText(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(text));
}

async function mac(head: Uint8Array<ArrayBuffer>, key: CryptoKey): Promise<Uint8Array> {
  const message = new Uint8Array(MAC_CONTEXT.length + head.length);
  message.set(MAC_CONTEXT);
  message.set(head, MAC_CONTEXT.length);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, message)).subarray(0, MAC_BYTES);
}

function equalInConstantTime(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let index = 0; index < left.length; index++) difference |= (left[index] ?? 0) ^ (right[index] ?? 0);
  return difference === 0;
}
