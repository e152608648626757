/**
 * The data of a chunked body whose framing the relay has checked, without extensions and trailers. Of a body that was
 * cut, as much as there is.
 *
 * @param text latin1
 */
export function dechunk(text: string): string {
  const pieces: string[] = [];
  let at = 0;
  while (at < text.length) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd === -1) break;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (!(size > 0)) break;
    const start = lineEnd + 2;
    pieces.push(text.slice(start, start + size));
    at = start + size + 2;
  }
  return pieces.join("");
}

/** Whether the last chunk has come, and the empty line behind it. */
export function isWholeChunked(text: string): boolean {
  for (let at = 0; ; ) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd === -1) return false;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (size === 0) return text.endsWith("\r\n\r\n");
    if (!(size > 0)) return false;
    at = lineEnd + 2 + size + 2;
  }
}
