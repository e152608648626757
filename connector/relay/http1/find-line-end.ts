/** The index of the line's CRLF; -1 where its first CR or LF is not a part of one. */
export function findLineEnd(text: string, start: number): number {
  const lineEnd = text.indexOf("\r", start);
  return lineEnd !== -1 && text.indexOf("\n", start) === lineEnd + 1 ? lineEnd : -1;
}
