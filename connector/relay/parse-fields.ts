import type { FieldName } from "./field-name.ts";
import { findFieldName } from "./field-name.ts";

/** The fields of one head, in order, as three columns. */
export interface Fields {
  readonly names: FieldName[];
  /** Without surrounding white space. */
  readonly values: string[];
  /** Where each field's line starts in the head's text; one more entry says where the last one ends. */
  readonly lineStarts: number[];
}

/** Neither visible, space, tab nor obs-text (RFC 9110, section 5.5); CR and LF are judged line by line. */
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

const TAB = 9;
const LF = 10;
const SPACE = 32;

/**
 * Reads field lines (RFC 9112, section 5), strictly: no bare CR or LF, no folding, no space before the colon.
 *
 * @param text the head as latin1
 * @param start where the first field line begins
 * @param end where the empty line that closes the head begins
 * @returns `undefined` where any line is not exactly a field, or there are more than `maxFields`
 */
export function parseFields(text: string, start: number, end: number, maxFields: number): Fields | undefined {
  const names: FieldName[] = [];
  const values: string[] = [];
  const lineStarts: number[] = [];
  if (CONTROL.test(text)) return undefined;
  let lineStart = start;
  while (lineStart < end) {
    const lineEnd = findLineEnd(text, lineStart);
    if (lineEnd === -1 || names.length === maxFields) return undefined;
    const colon = text.indexOf(":", lineStart);
    if (colon === -1 || colon >= lineEnd) return undefined;
    const name = findFieldName(text.slice(lineStart, colon));
    if (name === undefined) return undefined;
    names.push(name);
    values.push(trimmed(text, colon + 1, lineEnd));
    lineStarts.push(lineStart);
    lineStart = lineEnd + 2;
  }
  lineStarts.push(lineStart);
  return { names, values, lineStarts };
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

function trimmed(text: string, start: number, end: number): string {
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
