import { sha256Hex } from "../sha256-hex.ts";
import { linkName } from "./link-name.ts";
import type { UnverifiedLink } from "./link-token.ts";

const ID_LENGTH = 32;

/** By what hosts and logs know a link: nothing of its token follows from it. 32 characters of hex. */
export async function linkId(link: UnverifiedLink): Promise<string> {
  return (await sha256Hex(linkName(link))).slice(0, ID_LENGTH);
}
