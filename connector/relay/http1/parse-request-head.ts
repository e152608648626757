import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import type { RelayLimits } from "../limits.ts";
import type { BodyKind } from "./body-scanner.ts";
import type { FieldLine } from "./fields/field-line.ts";
import { parseFields } from "./fields/parse-fields.ts";
import { findLineEnd } from "./find-line-end.ts";
import { isList } from "./is-list.ts";
import { readConnection } from "./read-connection.ts";
import { readFraming } from "./read-framing.ts";

/** Node's list without CONNECT. */
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
/** 16 bytes in base64 (RFC 6455, section 4.1). */
const WEBSOCKET_KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;
const ZERO = 48;

interface RequestLine {
  readonly method: string;
  readonly target: string;
  readonly minor: number;
  /** Where the line after it starts. */
  readonly end: number;
}

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

  body: BodyKind = "none";
  bodyLength = 0;
  keepAlive = true;
  expectsContinue = false;
  namesUpgrade = false;
  /** Lower-case names that `Connection` lists, besides `close`, `keep-alive` and `upgrade`. */
  hopByHop: string[] | undefined = undefined;
  connectionOptions = 0;
  /** The `Sec-WebSocket-Key` of a valid WebSocket handshake. */
  webSocketKey: string | undefined = undefined;

  /** Set by the edge, each exactly once or not at all. */
  pass: string | undefined = undefined;
  publicHost: string | undefined = undefined;
  proto: string | undefined = undefined;
  clientIp: string | undefined = undefined;
  requestId: string | undefined = undefined;

  /** The visitor asks for the stream that says when something listens on the port. */
  asksToWait = false;

  constructor(line: RequestLine, text: string, fields: readonly FieldLine[]) {
    this.method = line.method;
    this.target = line.target;
    this.minor = line.minor;
    this.text = text;
    this.fieldsStart = line.end;
    this.fields = fields;
    this.keepAlive = line.minor === 1;
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
  const line = parseRequestLine(text);
  const fields = line && parseFields(text, line.end, text.length - 2, limits.maxRequestFields);
  const head = fields && new RequestHead(line, text, fields);
  return head !== undefined && readFields(head) ? head : refuse("request_malformed");
}

function parseRequestLine(text: string): RequestLine | undefined {
  const lineEnd = findLineEnd(text, 0);
  if (lineEnd === -1) return undefined;
  const methodEnd = text.indexOf(" ");
  const targetEnd = lineEnd - " HTTP/1.1".length;
  if (methodEnd === -1 || methodEnd >= targetEnd || !text.startsWith(" HTTP/1.", targetEnd)) return undefined;
  const minor = text.charCodeAt(lineEnd - 1) - ZERO;
  const method = text.slice(0, methodEnd);
  const target = text.slice(methodEnd + 1, targetEnd);
  if ((minor !== 0 && minor !== 1) || !METHODS.has(method) || !TARGET.test(target)) return undefined;
  return { method, target, minor, end: lineEnd + 2 };
}

/** Reads the fields that decide about framing, connection and authority; false where they are invalid or contradict. */
function readFields(head: RequestHead): boolean {
  let host: string | undefined;
  let contentLength: string | undefined;
  let transferEncoding: string | undefined;
  let contentType: string | undefined;
  let upgrade: string | undefined;
  for (const field of head.fields) {
    const { value } = field;
    switch (field.name.inRequest) {
      case "pass":
        break;
      case "host":
        if (host !== undefined) return false;
        host = value;
        break;
      case "contentLength":
        if (contentLength !== undefined) return false;
        contentLength = field.framingValue;
        break;
      case "contentType":
        if (contentType !== undefined || isList(value)) return false;
        contentType = value;
        break;
      case "transferEncoding":
        if (transferEncoding !== undefined) return false;
        transferEncoding = field.framingValue;
        break;
      case "connection":
        if (!readConnection(head, value)) return false;
        break;
      case "upgrade":
        // Two fields never make a handshake.
        upgrade = upgrade === undefined ? value : "";
        break;
      case "expect":
        head.expectsContinue = value.toLowerCase() === "100-continue";
        break;
      case "edgePass":
        if (head.pass !== undefined) return false;
        head.pass = value;
        break;
      case "edgeHost":
        if (head.publicHost !== undefined) return false;
        head.publicHost = value;
        break;
      case "edgeProto":
        if (head.proto !== undefined) return false;
        head.proto = value;
        break;
      case "edgeClientIp":
        if (head.clientIp !== undefined) return false;
        head.clientIp = value;
        break;
      case "edgeRequestId":
        if (head.requestId !== undefined) return false;
        head.requestId = value;
        break;
      case "wait":
        head.asksToWait ||= value === "1";
        break;
    }
  }
  if (host === undefined || !AUTHORITY.test(host)) return false;
  if (!readFraming(head, head.minor, contentLength, transferEncoding) || !readTarget(head, host))
    return false;
  if (head.namesUpgrade && upgrade?.toLowerCase() === "websocket") head.webSocketKey = findWebSocketKey(head);
  return true;
}

function readTarget(head: RequestHead, host: string): boolean {
  if (head.target.startsWith("/")) return true;
  if (head.target === "*") return head.method === "OPTIONS";
  const authorityStart = findAuthority(head.target);
  if (authorityStart === -1) return false;
  const authorityEnd = findAuthorityEnd(head.target, authorityStart);
  const authority = head.target.slice(authorityStart, authorityEnd);
  if (authority.toLowerCase() !== host.toLowerCase()) return false;
  const path = head.target.slice(authorityEnd);
  if (path.startsWith("/")) head.target = path;
  // RFC 9112, section 3.2.4: the asterisk form of OPTIONS on a whole server.
  else if (path === "") head.target = head.method === "OPTIONS" ? "*" : "/";
  else head.target = `/${path}`;
  return true;
}

/** Where the authority of an absolute form begins; -1 where the target has none. */
function findAuthority(target: string): number {
  const scheme = target.slice(0, "https://".length).toLowerCase();
  if (scheme === "https://") return scheme.length;
  return scheme.startsWith("http://") ? "http://".length : -1;
}

function findAuthorityEnd(target: string, start: number): number {
  let end = start;
  while (end < target.length && target[end] !== "/" && target[end] !== "?") end++;
  return end;
}

/** The key of a handshake that is complete and unambiguous (RFC 6455, section 4.2.1), else `undefined`. */
function findWebSocketKey(head: RequestHead): string | undefined {
  if (head.method !== "GET" || head.minor !== 1) return undefined;
  if (head.body === "chunked" || head.bodyLength > 0) return undefined;
  let key: string | undefined;
  let version: string | undefined;
  for (const { name, value } of head.fields) {
    if (name.inRequest === "webSocketKey") key = key === undefined ? value : "";
    if (name.inRequest === "webSocketVersion") version = version === undefined ? value : "";
  }
  return version === "13" && key !== undefined && WEBSOCKET_KEY.test(key) ? key : undefined;
}
