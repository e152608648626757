import type { UnverifiedLink } from "./link-token.ts";

/** Nonce and MAC. */
const NAME_BYTES = 16;

/** The name of a link's records: its nonce and MAC in hex, which no other link shares. */
export function linkName(link: UnverifiedLink): string {
  return Array.from(link.bytes.subarray(-NAME_BYTES), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
