import { base64url } from "jose";
import { ENROLMENT_TOKEN_PREFIX } from "../../shared/protocol/enrolment.ts";
import { crc32 } from "./crc32.ts";

/** By its prefix secret scanners find a leaked token, and people see what it opens. */
const PREFIXES = {
  workspace: "pvw_",
  org: "pvo_",
  enrolment: ENROLMENT_TOKEN_PREFIX,
} as const;

export type TokenKind = keyof typeof PREFIXES;

const RANDOM_BYTES = 32;
const CHECKSUM_LENGTH = 6;
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Prefix, 32 bytes in base64url, checksum. */
const FORM = /^(pv[woe]_)[A-Za-z0-9_-]{43}[0-9A-Za-z]{6}$/;

/**
 * Makes the secret of a new token.
 *
 * It ends with the CRC-32 of all before it, as the tokens of GitHub and npm do: what was typed wrongly or made up is
 * refused without a look-up. The checksum is no signature: who makes one up on purpose can compute it.
 */
export function createTokenSecret(kind: TokenKind): string {
  const secret = PREFIXES[kind] + base64url.encode(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)));
  return secret + checksumOf(secret);
}

/** @returns what a secret with the right form and checksum is for; `undefined` for any other text */
export function parseTokenKind(text: string): TokenKind | undefined {
  const prefix = FORM.exec(text)?.[1];
  if (prefix === undefined || checksumOf(text.slice(0, -CHECKSUM_LENGTH)) !== text.slice(-CHECKSUM_LENGTH))
    return undefined;
  return (Object.keys(PREFIXES) as TokenKind[]).find((kind) => PREFIXES[kind] === prefix);
}

/** The CRC-32 in base62: six digits hold 35 bits. */
function checksumOf(text: string): string {
  let rest = crc32(text);
  let digits = "";
  for (let digit = 0; digit < CHECKSUM_LENGTH; digit++) {
    digits = BASE62.charAt(rest % BASE62.length) + digits;
    rest = Math.floor(rest / BASE62.length);
  }
  return digits;
}
