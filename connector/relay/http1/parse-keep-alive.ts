/** Longer than any server's `Keep-Alive`. */
const MAX_LENGTH = 128;
const MAX_DIGITS = 9;

const PARAMETER = "timeout=";
const ZERO = 48;

/**
 * Reads for how long the sender of a `Keep-Alive` field keeps an idle connection.
 *
 * @returns milliseconds; infinite where the field has no such parameter
 */
export function parseKeepAliveMs(value: string): number {
  if (value.startsWith(PARAMETER) && !value.includes(",")) return toMs(value.slice(PARAMETER.length));
  if (value.length > MAX_LENGTH) return Number.POSITIVE_INFINITY;
  for (const item of value.toLowerCase().split(",")) {
    const parameter = item.trim();
    if (parameter.startsWith(PARAMETER)) return toMs(parameter.slice(PARAMETER.length));
  }
  return Number.POSITIVE_INFINITY;
}

function toMs(seconds: string): number {
  const { length } = seconds;
  if (length === 0 || length > MAX_DIGITS) return Number.POSITIVE_INFINITY;
  let value = 0;
  for (let index = 0; index < length; index++) {
    const digit = seconds.charCodeAt(index) - ZERO;
    if (digit < 0 || digit > 9) return Number.POSITIVE_INFINITY;
    value = value * 10 + digit;
  }
  return value * 1000;
}
