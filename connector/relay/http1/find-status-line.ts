/** The first line of an answer. */
export interface StatusLine {
  readonly status: number;
  /** 0 or 1, of HTTP/1.x. */
  readonly minor: number;
  /** The line in HTTP/1.1, with its CRLF. */
  readonly text: string;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5][0-9][0-9])(?: ([\t\x20-\x7e\x80-\xff]*))?$/;

/** Apps use a handful; one that thinks up new ones pays for its own parsing. */
const MAX_REMEMBERED = 256;
const MAX_REMEMBERED_LENGTH = 64;

const remembered = new Map<string, StatusLine>();

/**
 * Reads a status line (RFC 9112, section 4), or remembers it.
 *
 * @param line without its CRLF
 * @returns `undefined` where it is none
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
