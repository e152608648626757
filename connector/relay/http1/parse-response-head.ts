import type { RelayLimits } from "../limits.ts";
import type { BodyKind } from "./body-scanner.ts";
import { BODY } from "./body-scanner.ts";
import type { FieldLine } from "./field-line.ts";
import { IN_RESPONSE } from "./field-name.ts";
import { findStatusLine, type StatusLine } from "./find-status-line.ts";
import { parseContentLength } from "./parse-content-length.ts";
import { findLineEnd, parseFields } from "./parse-fields.ts";
import { readConnection } from "./read-connection.ts";

const KEEP_ALIVE_TIMEOUT = /(?:^|[,\s])timeout=([0-9]{1,9})\b/i;

/** An answer's status line and fields after all checks. */
export class ResponseHead {
  readonly statusLine: StatusLine;
  readonly status: number;
  /** The head as it came, latin1. */
  readonly text: string;
  /** Where the first field's line starts in `text`. */
  readonly fieldsStart: number;
  readonly fields: readonly FieldLine[];

  /** What the fields say; a receiver that asked HEAD, and some statuses, overrule them. */
  body: BodyKind = BODY.untilClose;
  bodyLength = 0;
  keepAlive = true;
  /** How long the guest keeps an idle connection, as it says itself. */
  keepAliveTimeoutMs = Number.POSITIVE_INFINITY;
  /** Lower-case names that `Connection` lists, besides `close`, `keep-alive` and `upgrade`. */
  hopByHop: string[] | undefined = undefined;
  /** `Connection: upgrade` together with `Upgrade: websocket`. */
  upgradesToWebSocket = false;
  webSocketAccept: string | undefined = undefined;
  webSocketProtocol: string | undefined = undefined;
  setsReferrerPolicy = false;

  constructor(statusLine: StatusLine, text: string, fieldsStart: number, fields: readonly FieldLine[]) {
    this.statusLine = statusLine;
    this.status = statusLine.status;
    this.text = text;
    this.fieldsStart = fieldsStart;
    this.fields = fields;
    this.keepAlive = statusLine.minor === 1;
  }
}

/**
 * Reads the head of an answer (RFC 9112, sections 4 to 6), as strictly as a request's: a guest may send anything.
 *
 * @param text latin1, up to and with the empty line
 * @returns `undefined` where it is not one
 */
export function parseResponseHead(text: string, limits: RelayLimits): ResponseHead | undefined {
  const lineEnd = findLineEnd(text, 0);
  if (lineEnd === -1) return undefined;
  const statusLine = findStatusLine(text.slice(0, lineEnd));
  if (statusLine === undefined) return undefined;
  const fields = parseFields(text, lineEnd + 2, text.length - 2, limits.maxResponseFields);
  if (fields === undefined) return undefined;
  const head = new ResponseHead(statusLine, text, lineEnd + 2, fields);
  return readFields(head) ? head : undefined;
}

/** Judges the fields that decide about framing and connection; false where they contradict themselves. */
function readFields(head: ResponseHead): boolean {
  let contentLength: string | undefined;
  let transferEncoding: string | undefined;
  let upgrade: string | undefined;
  let namesUpgrade = false;
  for (const field of head.fields) {
    const { value } = field;
    switch (field.name.inResponse) {
      case IN_RESPONSE.contentLength:
        if (contentLength !== undefined) return false;
        contentLength = field.framingValue;
        break;
      case IN_RESPONSE.transferEncoding:
        if (transferEncoding !== undefined) return false;
        transferEncoding = field.framingValue;
        break;
      case IN_RESPONSE.connection:
        if (readConnection(head, value)) namesUpgrade = true;
        break;
      case IN_RESPONSE.upgrade:
        upgrade = upgrade === undefined ? value : "";
        break;
      case IN_RESPONSE.keepAlive:
        head.keepAliveTimeoutMs = keepAliveTimeoutMs(value);
        break;
      case IN_RESPONSE.webSocketAccept:
        head.webSocketAccept = head.webSocketAccept === undefined ? value : "";
        break;
      case IN_RESPONSE.webSocketProtocol:
        head.webSocketProtocol = head.webSocketProtocol === undefined ? value : "";
        break;
      case IN_RESPONSE.referrerPolicy:
        head.setsReferrerPolicy = true;
        break;
    }
  }
  head.upgradesToWebSocket = namesUpgrade && upgrade?.toLowerCase() === "websocket";
  return readFraming(head, contentLength, transferEncoding);
}

function readFraming(
  head: ResponseHead,
  contentLength: string | undefined,
  transferEncoding: string | undefined,
): boolean {
  if (transferEncoding !== undefined) {
    head.body = BODY.chunked;
    return (
      transferEncoding.toLowerCase() === "chunked" &&
      contentLength === undefined &&
      head.statusLine.minor === 1
    );
  }
  if (contentLength === undefined) return true;
  head.body = BODY.length;
  head.bodyLength = parseContentLength(contentLength);
  return head.bodyLength !== -1;
}

function keepAliveTimeoutMs(value: string): number {
  const seconds = KEEP_ALIVE_TIMEOUT.exec(value)?.[1];
  return seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1000;
}
