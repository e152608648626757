import type { RelayLimits } from "../limits.ts";
import type { BodyKind } from "./body-scanner.ts";
import type { FieldLine } from "./fields/field-line.ts";
import { parseFields } from "./fields/parse-fields.ts";
import { findLineEnd } from "./find-line-end.ts";
import type { StatusLine } from "./find-status-line.ts";
import { findStatusLine } from "./find-status-line.ts";
import { parseKeepAliveMs } from "./parse-keep-alive.ts";
import { readConnection } from "./read-connection.ts";
import { readFraming } from "./read-framing.ts";

/** A response's status line and fields after all checks. */
export class ResponseHead {
  readonly statusLine: StatusLine;
  readonly status: number;
  /** The head as it came, latin1. */
  readonly text: string;
  /** Where the first field's line starts in `text`. */
  readonly fieldsStart: number;
  readonly fields: readonly FieldLine[];

  /** What the fields say. The method HEAD and some statuses overrule it; see `responseBody`. */
  body: BodyKind = "untilClose";
  bodyLength = 0;
  keepAlive = true;
  /** How long the guest keeps an idle connection, by its own `Keep-Alive`. */
  keepAliveTimeoutMs = Number.POSITIVE_INFINITY;
  namesUpgrade = false;
  /** Lower-case names that `Connection` lists, besides `close`, `keep-alive` and `upgrade`. */
  hopByHop: string[] | undefined = undefined;
  connectionOptions = 0;
  /** `Connection: upgrade` together with `Upgrade: websocket`. */
  upgradesToWebSocket = false;
  webSocketAccept: string | undefined = undefined;
  webSocketProtocol: string | undefined = undefined;

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
 * Reads the head of a response (RFC 9112, sections 4 to 6), as strictly as a request's: a guest may send anything.
 *
 * @param text latin1, up to and with the empty line
 * @returns `undefined` where it is not a valid one
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

/** Reads the fields that decide about framing and connection; false where they are invalid or contradict. */
function readFields(head: ResponseHead): boolean {
  let contentLength: string | undefined;
  let transferEncoding: string | undefined;
  let upgrade: string | undefined;
  for (const field of head.fields) {
    const { value } = field;
    switch (field.name.inResponse) {
      case "pass":
        break;
      case "contentLength":
        if (contentLength !== undefined) return false;
        contentLength = field.framingValue;
        break;
      case "transferEncoding":
        if (transferEncoding !== undefined) return false;
        transferEncoding = field.framingValue;
        break;
      case "connection":
        if (!readConnection(head, value)) return false;
        break;
      case "upgrade":
        upgrade = upgrade === undefined ? value : "";
        break;
      case "keepAlive":
        head.keepAliveTimeoutMs = parseKeepAliveMs(value);
        break;
      case "webSocketAccept":
        head.webSocketAccept = head.webSocketAccept === undefined ? value : "";
        break;
      case "webSocketProtocol":
        head.webSocketProtocol = head.webSocketProtocol === undefined ? value : "";
        break;
    }
  }
  head.upgradesToWebSocket = head.namesUpgrade && upgrade?.toLowerCase() === "websocket";
  return readFraming(head, head.statusLine.minor, contentLength, transferEncoding);
}
