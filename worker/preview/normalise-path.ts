/**
 * The form in which paths are compared: percent-encoded as `URL.pathname` does it, hex digits in upper case (RFC 3986,
 * section 6.2.2.1).
 *
 * @param path starts with `/`, holds neither query nor fragment
 */
export function normalisePath(path: string): string {
  // Not resolved against a base: `//a` would become its host.
  return new URL(`https://host${path}`).pathname.replaceAll(/%[0-9a-f]{2}/gi, (encoded) =>
    encoded.toUpperCase(),
  );
}
