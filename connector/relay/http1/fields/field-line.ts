import type { FieldName } from "./field-name.ts";
import { findFieldName } from "./field-name.ts";

/** One field of a head. It depends on nothing but its own bytes, so it can be remembered. */
export interface FieldLine {
  /** As it came, with its CRLF. */
  readonly text: string;
  readonly name: FieldName;
  /** Without surrounding white space. */
  readonly value: string;
  /**
   * The value for the fields that decide about framing; empty, and so invalid, where a tab follows it.
   *
   * RFC 9110, section 5.5, strips tabs like spaces, but llhttp takes `chunked` and a tab for another coding: a field
   * that two servers could read in two ways is refused.
   */
  readonly framingValue: string;
}

/** Neither visible, space, tab nor obs-text (RFC 9110, section 5.5); CR and LF are checked by their places. */
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

const TAB = 9;
const SPACE = 32;

/**
 * Reads a field line (RFC 9112, section 5), strictly: no bare CR or LF, no folding, no space before the colon.
 *
 * @param text up to and with its first LF
 * @returns `undefined` where it is no valid field
 */
export function readFieldLine(text: string): FieldLine | undefined {
  const colon = text.indexOf(":");
  if (colon === -1 || text.indexOf("\r") !== text.length - 2 || CONTROL.test(text)) return undefined;
  const name = findFieldName(text.slice(0, colon));
  if (name === undefined) return undefined;
  let start = colon + 1;
  let end = text.length - 2;
  let endsWithTab = false;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  for (; end > start && isBlank(text.charCodeAt(end - 1)); end--) {
    if (text.charCodeAt(end - 1) === TAB) endsWithTab = true;
  }
  const value = text.slice(start, end);
  return { text, name, value, framingValue: endsWithTab ? "" : value };
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
