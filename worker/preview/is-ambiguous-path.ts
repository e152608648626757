/** More rounds than any chain of proxies decodes; a path that still changes after them is refused. */
const MAX_DECODINGS = 4;

/**
 * What one server takes for a name and another for a dot segment or a separator:
 *
 * - an encoded slash or backslash, a backslash
 * - a control character: C programs end at NUL, URL parsers drop tabs and line ends
 * - an overlong UTF-8 form, which lenient decoders read as a dot or slash
 * - `%u002e`, which IIS and old JavaScript decode
 * - a dot segment, also with parameters: servlet containers drop `;…` before they resolve dots
 */
const AMBIGUOUS =
  /%2f|%5c|%u[0-9a-f]|\\|[\x00-\x1f\x7f]|%c[01]|%e0%[89]|%f0%8|(?:^|\/)\.{1,2}(?=[/;?#\s]|$)/i;

/**
 * Characters that a server which normalises names takes for a dot, a slash, a backslash or a percent sign: their
 * compatibility forms (Unicode NFKC), and those that Windows' code pages map to them.
 */
const LOOKALIKES =
  /[\u2024\u2025\ufe52\uff0e\u2044\u2215\u29f8\uff0f\u2216\u29f5\u29f9\ufe68\uff3c\ufe6a\uff05]/;

/**
 * Says whether two servers may read a path differently, however often they decode it.
 *
 * @param path percent-encoded or not
 */
export function isAmbiguousPath(path: string): boolean {
  let text = path;
  for (let round = 0; round <= MAX_DECODINGS; round++) {
    if (AMBIGUOUS.test(text) || LOOKALIKES.test(decodeUtf8(text))) return true;
    const decoded = decodeAscii(text);
    if (decoded === text) return false;
    text = decoded;
  }
  return true;
}

/** Characters beyond ASCII are never part of a separator or dot segment, except for their look-alikes. */
function decodeAscii(text: string): string {
  return text.replaceAll(/%([0-7][0-9a-f])/gi, (_escape, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** Decodes runs of encoded bytes beyond ASCII; a run that is not UTF-8 stays as it is. */
function decodeUtf8(text: string): string {
  return text.replaceAll(/(?:%[89a-f][0-9a-f])+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
