const MAX_DIGITS = 16;
const ZERO = 48;

/** Reads a `Content-Length` below 2^53, without sign, list or leading zeros; -1 for anything else. */
export function parseContentLength(text: string): number {
  const { length } = text;
  if (length === 0 || length > MAX_DIGITS || (length > 1 && text.charCodeAt(0) === ZERO)) return -1;
  let value = 0;
  for (let index = 0; index < length; index++) {
    const digit = text.charCodeAt(index) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return Number.isSafeInteger(value) ? value : -1;
}
