/** Characters of a link's token (`shared/link/link-token.ts`). */
const TOKEN_LENGTH = 63;

const IS_BASE32 = new Uint8Array(256);
for (const character of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
  IS_BASE32[character.charCodeAt(0)] = 1;

/**
 * Puts `mask` in the place of whatever has the form of a link's token: the token is the link, in hostnames, in paths and
 * in what an app writes.
 *
 * @param text latin1
 */
export function maskTokens(text: string, mask: string): string {
  let out = "";
  let copied = 0;
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    if (at < text.length && IS_BASE32[text.charCodeAt(at)] === 1) continue;
    if (at - start === TOKEN_LENGTH) {
      out += text.slice(copied, start) + mask;
      copied = at;
    }
    start = at + 1;
  }
  return copied === 0 ? text : out + text.slice(copied);
}

/** As `maskTokens`, with as many characters as before. */
export function maskTokensInBody(text: string): string {
  return maskTokens(text, "*".repeat(TOKEN_LENGTH));
}
