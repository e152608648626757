/** The first line of a response. */
export interface StatusLine {
  readonly status: number;
  /** 0 or 1, of HTTP/1.x. */
  readonly minor: number;
  /** The line in HTTP/1.1, with its CRLF. */
  readonly text: string;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5][0-9][0-9])(?: ([\t\x20-\x7e\x80-\xff]*))?$/;

/** More than apps use. Lines beyond this number are read anew each time. */
const MAX_REMEMBERED = 256;
const MAX_REMEMBERED_LENGTH = 64;

const remembered = new Map<string, StatusLine>();

/**
 * Finds a status line (RFC 9112, section 4) among those read before, or reads it.
 *
 * @param line without its CRLF
 * @returns `undefined` where it is no valid one
 */
export function findStatusLine(line: string): StatusLine | undefined {
  return remembered.get(line) ?? read(line);
}

function read(line: string): StatusLine | undefined {
  const [, minor, status, reason = ""] = STATUS_LINE.exec(line) ?? [];
  if (status === undefined) return undefined;
  const found = { status: Number(status), minor: Number(minor), text: `HTTP/1.1 ${status} ${reason}\r\n` };
  if (remembered.size < MAX_REMEMBERED && line.length <= MAX_REMEMBERED_LENGTH)
    // A slice would keep the whole head in memory.
    remembered.set(Buffer.from(line, "latin1").toString("latin1"), found);
  return found;
}
