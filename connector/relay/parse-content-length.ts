const CONTENT_LENGTH = /^(?:0|[1-9][0-9]{0,15})$/;

/** Reads a `Content-Length` of at most 16 digits, without sign, list or leading zeros; -1 for anything else. */
export function parseContentLength(text: string): number {
  return CONTENT_LENGTH.test(text) ? Number(text) : -1;
}
