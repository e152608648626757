const SEQUENCE_DIGITS = 4;
const MAX_SEQUENCE = 36 ** SEQUENCE_DIGITS;
const TIME_DIGITS = 9;

/** Of another process of this host it begins elsewhere. */
let sequence = Math.floor(Math.random() * MAX_SEQUENCE);

/** @returns an id that sorts by time: nine digits of unix milliseconds in base 36, then four that count */
export function createRequestId(nowMs: number): string {
  sequence = (sequence + 1) % MAX_SEQUENCE;
  return nowMs.toString(36).padStart(TIME_DIGITS, "0") + sequence.toString(36).padStart(SEQUENCE_DIGITS, "0");
}
