import type { Fields } from "./parse-fields.ts";

const TAB_BEHIND = /\t *\r\n$/;

/**
 * The value of a field that decides about framing; empty, and so invalid, where a tab follows it.
 *
 * RFC 9110, section 5.5, strips tabs like spaces, but llhttp takes `chunked` and a tab for another coding: what two
 * servers read in two ways is refused.
 */
export function framingValue(text: string, { values, lineStarts }: Fields, index: number): string {
  return TAB_BEHIND.test(text.slice(lineStarts[index], lineStarts[index + 1])) ? "" : values[index]!;
}
