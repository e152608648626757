/** Characters of a link's token (`shared/link/link-token.ts`). */
const TOKEN_LENGTH = 63;

/** Of `%25`, which stands for `%` in what was encoded twice. */
const ENCODED_PERCENT = "25";

const HEX = "0123456789abcdefABCDEF";

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
    const token = at - TOKEN_LENGTH;
    if (token === start || (token > start && isAfterEscape(text, token))) {
      out += text.slice(copied, token) + mask;
      copied = at;
    }
    start = at + 1;
  }
  return copied === 0 ? text : out + text.slice(copied);
}

/** The characters of an escape are base32 themselves: `%2F`, also `%252F`; `\n`, `\x2f` and `\u002f`. */
function isAfterEscape(text: string, at: number): boolean {
  if (text[at - 2] === "\\") return true;
  if (!isHex(text, at - 2, at)) return false;
  if (text.startsWith("\\x", at - 4) || (text.startsWith("\\u", at - 6) && isHex(text, at - 4, at)))
    return true;
  let start = at - 2;
  while (text.startsWith(ENCODED_PERCENT, start - ENCODED_PERCENT.length)) start -= ENCODED_PERCENT.length;
  return text[start - 1] === "%";
}

function isHex(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!HEX.includes(text[at] ?? " ")) return false;
  return true;
}

/** As `maskTokens`, with as many characters as before. */
export function maskTokensInBody(text: string): string {
  return maskTokens(text, "*".repeat(TOKEN_LENGTH));
}
