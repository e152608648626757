/** Longer than any server's `Keep-Alive`. */
const MAX_LENGTH = 128;
const MAX_DIGITS = 9;

const PARAMETER = "timeout=";

/**
 * Reads for how long the sender of a `Keep-Alive` field keeps an idle connection.
 *
 * @returns milliseconds; infinite where the field has no such parameter
 */
export function parseKeepAliveMs(value: string): number {
  if (value.length > MAX_LENGTH) return Number.POSITIVE_INFINITY;
  for (const item of value.toLowerCase().split(",")) {
    const parameter = item.trim();
    if (parameter.startsWith(PARAMETER)) return toMs(parameter.slice(PARAMETER.length));
  }
  return Number.POSITIVE_INFINITY;
}

function toMs(seconds: string): number {
  const isNumber = seconds.length > 0 && seconds.length <= MAX_DIGITS && /^[0-9]+$/.test(seconds);
  return isNumber ? Number(seconds) * 1000 : Number.POSITIVE_INFINITY;
}
