import type { FieldLine } from "./field-line.ts";
import { findFieldLine } from "./find-field-line.ts";

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
