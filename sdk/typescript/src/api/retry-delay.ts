/** The first pause is up to this, each further one up to twice the one before. */
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 8_000;
/** A longer `retry-after` is not waited for: the caller gets the error, which contains it. */
export const MAX_RETRY_AFTER_S = 60;
const MAX_EXTRA_MS = 250;

/**
 * How long to wait before a call is repeated: what the service asks for and a little more, or a random time below an
 * exponentially growing bound. Random, so that many clients do not come back at the same moment.
 *
 * @param attempt 0 for the first retry
 * @param random returns a number from 0 to below 1
 * @returns milliseconds; `undefined` where it is too long to wait
 */
export function retryDelayMs(
  attempt: number,
  retryAfterS: number | undefined,
  random: () => number = Math.random,
): number | undefined {
  if (retryAfterS === undefined) return random() * Math.min(FIRST_PAUSE_MS * 2 ** attempt, MAX_PAUSE_MS);
  return retryAfterS > MAX_RETRY_AFTER_S ? undefined : retryAfterS * 1000 + random() * MAX_EXTRA_MS;
}
