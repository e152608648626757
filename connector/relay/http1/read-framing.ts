import type { BodyKind } from "./body-scanner.ts";
import { parseContentLength } from "./parse-content-length.ts";

/** What a message's head says about its body. */
export interface Framing {
  body: BodyKind;
  bodyLength: number;
}

/**
 * Takes a message's `Content-Length` and `Transfer-Encoding` into account (RFC 9112, sections 6.1 to 6.3).
 *
 * @param framing keeps its body where the message has neither field
 * @param minor of HTTP/1.x
 * @returns false where the fields are invalid, or two servers could read them in two ways
 */
export function readFraming(
  framing: Framing,
  minor: number,
  contentLength: string | undefined,
  transferEncoding: string | undefined,
): boolean {
  if (transferEncoding !== undefined) {
    // Beside Content-Length, or in HTTP/1.0, it is an attempt at smuggling.
    framing.body = "chunked";
    return transferEncoding.toLowerCase() === "chunked" && contentLength === undefined && minor === 1;
  }
  if (contentLength === undefined) return true;
  framing.body = "length";
  framing.bodyLength = parseContentLength(contentLength);
  return framing.bodyLength !== -1;
}
