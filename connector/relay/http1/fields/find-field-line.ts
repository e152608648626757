import type { FieldLine } from "./field-line.ts";
import { readFieldLine } from "./field-line.ts";

/** A power of two; with the next number it bounds all remembered lines to 2 MiB. */
const SLOTS = 2048;
const MAX_REMEMBERED_LENGTH = 1024;

/** The lines read last, by a hash of some of their bytes; a newer line replaces an older one in its slot. */
const remembered = new Array<FieldLine | undefined>(SLOTS).fill(undefined);

const scratch = Buffer.allocUnsafeSlow(MAX_REMEMBERED_LENGTH);

/**
 * Finds the field line of a head between two places: nearly every line of a head has come before, for example a
 * browser's `Accept-Encoding` or a sandbox's pass, and comparing a line is much faster than reading it.
 *
 * @param end behind the line's LF
 * @returns `undefined` where it is no valid field
 */
export function findFieldLine(head: string, start: number, end: number): FieldLine | undefined {
  const slot = slotOf(head, start, end);
  const text = head.slice(start, end);
  const known = remembered[slot];
  if (known !== undefined && known.text === text) return known;
  const line = readFieldLine(text);
  if (line === undefined || !isWorthRemembering(line)) return line;
  remembered[slot] = readFieldLine(detached(text));
  return remembered[slot];
}

function isWorthRemembering({ name, text }: FieldLine): boolean {
  // No two requests have the same id.
  return name.inRequest !== "edgeRequestId" && text.length <= MAX_REMEMBERED_LENGTH;
}

/** A slice keeps its whole head in memory, and V8 compares two slices slowly. */
function detached(text: string): string {
  return scratch.toString("latin1", 0, scratch.write(text, "latin1"));
}

/** From what differs most often between lines: the length, and the last two bytes before the CRLF. */
function slotOf(head: string, start: number, end: number): number {
  const length = end - start;
  const last = head.charCodeAt(end - 3) * 31 + head.charCodeAt(end - 4);
  const hash = (last * 31 + head.charCodeAt(start + (length >> 2))) * 31 + head.charCodeAt(start);
  return (hash + length * 61) & (SLOTS - 1);
}
