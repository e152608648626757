import type { UnverifiedLink } from "../shared/link-token.ts";
import { sha256Hex } from "./sha256.ts";

/** Nonce and MAC. */
const NAME_BYTES = 16;
const ID_LENGTH = 32;

/** The name a link's records go by: its nonce and MAC in hex, which no other link shares. */
export function linkName(link: UnverifiedLink): string {
  return Array.from(link.bytes.subarray(-NAME_BYTES), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What hosts and logs may know a link by: nothing of its token follows from it. */
export async function linkId(link: UnverifiedLink): Promise<string> {
  return (await sha256Hex(linkName(link))).slice(0, ID_LENGTH);
}
