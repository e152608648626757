import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import type { RelayLimits } from "../limits.ts";
import type { BodyKind } from "./body-scanner.ts";
import { BODY } from "./body-scanner.ts";
import type { FieldLine } from "./field-line.ts";
import { IN_REQUEST } from "./field-name.ts";
import { parseContentLength } from "./parse-content-length.ts";
import { findLineEnd, parseFields } from "./parse-fields.ts";
import { readConnection } from "./read-connection.ts";

/** Node's list without CONNECT: a server that knows others is not an HTTP server that browsers speak to. */
const METHODS = new Set(
  (
    "GET HEAD POST PUT DELETE OPTIONS PATCH TRACE ACL BIND CHECKOUT COPY LINK LOCK M-SEARCH MERGE MKACTIVITY " +
    "MKCALENDAR MKCOL MOVE NOTIFY PROPFIND PROPPATCH PURGE QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE UNBIND " +
    "UNLINK UNLOCK UNSUBSCRIBE"
  ).split(" "),
);

/** Visible ASCII without a fragment (RFC 9112, section 3.2; RFC 3986, appendix A, is stricter than browsers are). */
const TARGET = /^[!"$-~]+$/;
const AUTHORITY = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;
const ABSOLUTE_FORM = /^https?:\/\/([^/?]*)(.*)$/i;
/** 16 bytes in base64 (RFC 6455, section 4.1). */
const WEBSOCKET_KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/** A request's line and fields after all checks. */
export class RequestHead {
  readonly method: string;
  /** Origin form, or `*`. */
  target: string;
  /** 0 or 1, of HTTP/1.x. */
  readonly minor: number;
  /** The head as it came, latin1. */
  readonly text: string;
  /** Where the first field's line starts in `text`. */
  readonly fieldsStart: number;
  readonly fields: readonly FieldLine[];

  body: BodyKind = BODY.none;
  bodyLength = 0;
  keepAlive = true;
  expectsContinue = false;
  /** Lower-case names that `Connection` lists, besides `close`, `keep-alive` and `upgrade`. */
  hopByHop: string[] | undefined = undefined;
  /** The `Sec-WebSocket-Key` of a valid WebSocket handshake. */
  webSocketKey: string | undefined = undefined;

  /** What the edge says, each exactly once or not at all. */
  pass: string | undefined = undefined;
  publicHost: string | undefined = undefined;
  proto: string | undefined = undefined;
  clientIp: string | undefined = undefined;
  requestId: string | undefined = undefined;

  constructor(
    method: string,
    target: string,
    minor: number,
    text: string,
    fieldsStart: number,
    fields: readonly FieldLine[],
  ) {
    this.method = method;
    this.target = target;
    this.minor = minor;
    this.text = text;
    this.fieldsStart = fieldsStart;
    this.fields = fields;
  }

  /** The first field of this lower-case name. */
  field(lower: string): string | undefined {
    return this.fields.find(({ name }) => name.lower === lower)?.value;
  }
}

/**
 * Reads the head of a request (RFC 9112, sections 2 to 6), strictly: what two servers could read in two ways is
 * refused.
 *
 * @param text latin1, up to and with the empty line
 * @returns the head, or `request_malformed`
 */
export function parseRequestHead(text: string, limits: RelayLimits): RequestHead | Refusal {
  const head = parseRequestLine(text, limits.maxRequestFields);
  if (head === undefined || !readFields(head)) return refuse("request_malformed");
  return head;
}

function parseRequestLine(text: string, maxFields: number): RequestHead | undefined {
  const lineEnd = findLineEnd(text, 0);
  if (lineEnd === -1) return undefined;
  const methodEnd = text.indexOf(" ");
  const targetEnd = lineEnd - " HTTP/1.1".length;
  if (methodEnd === -1 || methodEnd >= targetEnd || !text.startsWith(" HTTP/1.", targetEnd)) return undefined;
  const minor = text.charCodeAt(lineEnd - 1) - 48;
  const method = text.slice(0, methodEnd);
  const target = text.slice(methodEnd + 1, targetEnd);
  if ((minor !== 0 && minor !== 1) || !METHODS.has(method) || !TARGET.test(target)) return undefined;
  const fields = parseFields(text, lineEnd + 2, text.length - 2, maxFields);
  return fields && new RequestHead(method, target, minor, text, lineEnd + 2, fields);
}

/** Judges the fields that decide about framing, connection and authority; false where they contradict themselves. */
function readFields(head: RequestHead): boolean {
  let host: string | undefined;
  let contentLength: string | undefined;
  let transferEncoding: string | undefined;
  let upgrade = 0;
  let special = 0;
  head.keepAlive = head.minor === 1;
  for (const field of head.fields) {
    const { value } = field;
    switch (field.name.inRequest) {
      case IN_REQUEST.host:
        if (host !== undefined) return false;
        host = value;
        break;
      case IN_REQUEST.contentLength:
        if (contentLength !== undefined) return false;
        contentLength = field.framingValue;
        break;
      case IN_REQUEST.transferEncoding:
        if (transferEncoding !== undefined) return false;
        transferEncoding = field.framingValue;
        break;
      case IN_REQUEST.connection:
        if (readConnection(head, value)) special++;
        break;
      case IN_REQUEST.upgrade:
        upgrade += value.toLowerCase() === "websocket" ? 1 : 2;
        break;
      case IN_REQUEST.expect:
        head.expectsContinue = value.toLowerCase() === "100-continue";
        break;
      case IN_REQUEST.edgePass:
        if (head.pass !== undefined) return false;
        head.pass = value;
        break;
      case IN_REQUEST.edgeHost:
        if (head.publicHost !== undefined) return false;
        head.publicHost = value;
        break;
      case IN_REQUEST.edgeProto:
        if (head.proto !== undefined) return false;
        head.proto = value;
        break;
      case IN_REQUEST.edgeClientIp:
        if (head.clientIp !== undefined) return false;
        head.clientIp = value;
        break;
      case IN_REQUEST.edgeRequestId:
        if (head.requestId !== undefined) return false;
        head.requestId = value;
        break;
    }
  }
  if (host === undefined || !AUTHORITY.test(host)) return false;
  if (!readFraming(head, contentLength, transferEncoding) || !readTarget(head, host)) return false;
  if (special > 0 && upgrade === 1) head.webSocketKey = findWebSocketKey(head);
  return true;
}

function readFraming(
  head: RequestHead,
  contentLength: string | undefined,
  transferEncoding: string | undefined,
): boolean {
  if (transferEncoding !== undefined) {
    // RFC 9112, sections 6.1 and 6.3: with Content-Length beside it, or in HTTP/1.0, it is an attempt at smuggling.
    head.body = BODY.chunked;
    return transferEncoding.toLowerCase() === "chunked" && contentLength === undefined && head.minor === 1;
  }
  if (contentLength === undefined) return true;
  head.body = BODY.length;
  head.bodyLength = parseContentLength(contentLength);
  return head.bodyLength !== -1;
}

function readTarget(head: RequestHead, host: string): boolean {
  if (head.target.startsWith("/")) return true;
  if (head.target === "*") return head.method === "OPTIONS";
  const [, authority, path] = ABSOLUTE_FORM.exec(head.target) ?? [];
  if (authority === undefined || path === undefined || authority.toLowerCase() !== host.toLowerCase())
    return false;
  if (path.startsWith("/")) head.target = path;
  // RFC 9112, section 3.2.4: the asterisk form of OPTIONS on a whole server.
  else if (path === "") head.target = head.method === "OPTIONS" ? "*" : "/";
  else head.target = `/${path}`;
  return true;
}

/** The key of a handshake that is complete and unambiguous (RFC 6455, section 4.2.1), else `undefined`. */
function findWebSocketKey(head: RequestHead): string | undefined {
  if (head.method !== "GET" || head.minor !== 1) return undefined;
  if (head.body === BODY.chunked || head.bodyLength > 0) return undefined;
  let key: string | undefined;
  let version: string | undefined;
  for (const { name, value } of head.fields) {
    if (name.inRequest === IN_REQUEST.webSocketKey) key = key === undefined ? value : "";
    if (name.inRequest === IN_REQUEST.webSocketVersion) version = version === undefined ? value : "";
  }
  return version === "13" && key !== undefined && WEBSOCKET_KEY.test(key) ? key : undefined;
}
