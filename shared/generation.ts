/**
 * One start of a guest: `{unix milliseconds, 13 digits}-{8 characters of a-z and 0-9}`. The time orders the starts of a
 * sandbox, the characters keep two starts in one millisecond apart.
 */
export type Generation = `${number}-${string}`;

export const GENERATION_PATTERN = /^\d{13}-[a-z0-9]{8}$/;

const TIME_DIGITS = 13;
const RANDOM_BYTES = 4;

/** Whether a text has the form of a generation. */
export function isGeneration(text: string): text is Generation {
  return GENERATION_PATTERN.test(text);
}

/**
 * Makes a generation that no other start has.
 *
 * @param startMs unix milliseconds, from 0 to 9 999 999 999 999
 *
 * @example
 * ```ts
 * createGeneration(Date.now()); // "1764088200000-1a2b3c4d"
 * ```
 */
export function createGeneration(startMs: number): Generation {
  const random = Array.from(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
  return `${String(startMs).padStart(TIME_DIGITS, "0")}-${random}` as Generation;
}

/** When a generation started, in unix milliseconds by its host's clock. */
export function generationStartMs(generation: Generation): number {
  return Number(generation.slice(0, TIME_DIGITS));
}

/** Whether `one` started before `other`; `false` for two starts in the same millisecond. */
export function startedBefore(one: Generation, other: Generation): boolean {
  return generationStartMs(one) < generationStartMs(other);
}
