/** More rounds than any chain of proxies decodes; a path that still changes after them is refused. */
const MAX_DECODINGS = 4;

/**
 * What one server takes for a name and another for a dot segment or a separator:
 *
 * - an encoded slash or backslash, a backslash
 * - a control character: C programs end at NUL, URL parsers drop tabs and line ends
 * - an overlong UTF-8 form, which lenient decoders read as a dot or slash
 * - a dot segment, also with parameters: servlet containers drop `;…` before they resolve dots
 */
const AMBIGUOUS = /%2f|%5c|\\|[\x00-\x1f\x7f]|%c[01]|%e0%[89]|%f0%8|(?:^|\/)\.{1,2}(?=[/;?#\s]|$)/i;

/**
 * Says whether two servers may read a path differently, however often they decode it.
 *
 * @param path percent-encoded or not
 */
export function isAmbiguousPath(path: string): boolean {
  let text = path;
  for (let round = 0; round <= MAX_DECODINGS; round++) {
    if (AMBIGUOUS.test(text)) return true;
    const decoded = decodeAscii(text);
    if (decoded === text) return false;
    text = decoded;
  }
  return true;
}

/** Other characters are never part of a separator or dot segment. */
function decodeAscii(text: string): string {
  return text.replaceAll(/%([0-7][0-9a-f])/gi, (_escape, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
