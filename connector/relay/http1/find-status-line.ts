import { BoundedMap } from "../../../shared/bounded-map.ts";
import { copyText } from "./copy-text.ts";

/** The first line of a response. */
export interface StatusLine {
  readonly status: number;
  /** 0 or 1, of HTTP/1.x. */
  readonly minor: number;
  /** The line in HTTP/1.1, with its CRLF. */
  readonly text: string;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5][0-9][0-9])(?: ([\t\x20-\x7e\x80-\xff]*))?$/;

/** More than apps use. The line that was added first makes room, so junk keeps none out for long. */
const MAX_REMEMBERED = 256;
const MAX_REMEMBERED_LENGTH = 64;

const remembered = new BoundedMap<string, StatusLine>(MAX_REMEMBERED);

/**
 * Finds a status line (RFC 9112, section 4) among those read before, or reads it.
 *
 * @param line without its CRLF
 * @returns `undefined` where it is no valid one
 */
export function findStatusLine(line: string): StatusLine | undefined {
  return remembered.get(line) ?? find(line);
}

function find(line: string): StatusLine | undefined {
  if (line.length > MAX_REMEMBERED_LENGTH) return read(line);
  const copy = copyText(line);
  const found = read(copy);
  if (found !== undefined) remembered.set(copy, found);
  return found;
}

function read(line: string): StatusLine | undefined {
  const [, minor, status, reason = ""] = STATUS_LINE.exec(line) ?? [];
  if (status === undefined) return undefined;
  return { status: Number(status), minor: Number(minor), text: `HTTP/1.1 ${status} ${reason}\r\n` };
}
