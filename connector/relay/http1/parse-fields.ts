import type { FieldLine } from "./field-line.ts";
import { findFieldLine } from "./find-field-line.ts";

const LF = 10;

/**
 * Reads field lines (RFC 9112, section 5), strictly: no bare CR or LF, no folding, no space before the colon.
 *
 * @param text the head as latin1
 * @param start where the first field line begins
 * @param end where the empty line that closes the head begins
 * @returns the fields in order; `undefined` where any line is not exactly a field, or there are more than `maxFields`
 */
export function parseFields(
  text: string,
  start: number,
  end: number,
  maxFields: number,
): FieldLine[] | undefined {
  const fields: FieldLine[] = [];
  while (start < end) {
    const lineEnd = text.indexOf("\n", start) + 1;
    const field = fields.length === maxFields ? undefined : findFieldLine(text, start, lineEnd);
    if (field === undefined) return undefined;
    fields.push(field);
    start = lineEnd;
  }
  return fields;
}

/** The index of the line's CRLF; -1 where its first CR or LF is not one. */
export function findLineEnd(text: string, start: number): number {
  const lineEnd = text.indexOf("\r", start);
  return lineEnd !== -1 && text.indexOf("\n", start) === lineEnd + 1 ? lineEnd : -1;
}

/**
 * Tells early that a head in the making can only be refused, so that its sender gets an answer and no timeout.
 */
export function hasBareLineBreak(text: string): boolean {
  for (let lf = text.indexOf("\n"); lf !== -1; lf = text.indexOf("\n", lf + 1)) {
    if (text.charCodeAt(lf - 1) !== 13) return true;
  }
  for (let cr = text.indexOf("\r"); cr !== -1 && cr < text.length - 1; cr = text.indexOf("\r", cr + 1)) {
    if (text.charCodeAt(cr + 1) !== LF) return true;
  }
  return false;
}
