/** RFC 9110, section 9.2.2. */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

/** Whether repeating a request with this method changes nothing. */
export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}
