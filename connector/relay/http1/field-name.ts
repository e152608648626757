import {
  CLIENT_IP_HEADER,
  INTERNAL_HEADER_PREFIX,
  PASS_HEADER,
  PROTO_HEADER,
  PUBLIC_HOST_HEADER,
  REQUEST_ID_HEADER,
} from "../../../shared/protocol/headers.ts";

/** What the header policy does with a request's field. */
export const IN_REQUEST = {
  pass: 0,
  drop: 1,
  host: 2,
  connection: 3,
  contentLength: 4,
  transferEncoding: 5,
  upgrade: 6,
  expect: 7,
  origin: 8,
  referer: 9,
  webSocketKey: 10,
  webSocketVersion: 11,
  /** Set by the edge for us: exactly once or not at all. */
  edgePass: 12,
  edgeHost: 13,
  edgeProto: 14,
  edgeClientIp: 15,
  edgeRequestId: 16,
} as const;

/** What the header policy does with an answer's field. */
export const IN_RESPONSE = {
  pass: 0,
  drop: 1,
  connection: 2,
  contentLength: 3,
  transferEncoding: 4,
  upgrade: 5,
  keepAlive: 6,
  location: 7,
  refresh: 8,
  link: 9,
  allowOrigin: 10,
  setCookie: 11,
  referrerPolicy: 12,
  webSocketAccept: 13,
  webSocketProtocol: 14,
} as const;

export type InRequest = (typeof IN_REQUEST)[keyof typeof IN_REQUEST];
export type InResponse = (typeof IN_RESPONSE)[keyof typeof IN_RESPONSE];

/** A field's name, with what becomes of it on its way to the guest and back. */
export interface FieldName {
  readonly lower: string;
  readonly inRequest: InRequest;
  readonly inResponse: InResponse;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Enough for all names in use; a sender of endless new ones pays for its own parsing. */
const MAX_REMEMBERED = 2048;

const known = new Map<string, FieldName>();
const remembered = new Map<string, FieldName>();

/** Meant for one hop (RFC 9110, section 7.6.1), in either direction. */
const HOP_BY_HOP = [
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "http2-settings",
];

/** Say who the visitor is or what was asked: only we do, and a visitor's word never counts. */
const FORWARDING = [
  "forwarded",
  "x-forwarded",
  "x-original-url",
  "x-original-host",
  "x-original-uri",
  "x-rewrite-url",
  "x-real-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "x-host",
  "x-http-host-override",
  "true-client-ip",
  "fastly-client-ip",
  "cdn-loop",
];
const FORWARDING_PREFIXES = ["x-forwarded-", "cf-"];

know("host", IN_REQUEST.host, IN_RESPONSE.pass);
know("connection", IN_REQUEST.connection, IN_RESPONSE.connection);
know("content-length", IN_REQUEST.contentLength, IN_RESPONSE.contentLength);
know("transfer-encoding", IN_REQUEST.transferEncoding, IN_RESPONSE.transferEncoding);
know("upgrade", IN_REQUEST.upgrade, IN_RESPONSE.upgrade);
know("expect", IN_REQUEST.expect, IN_RESPONSE.pass);
know("origin", IN_REQUEST.origin, IN_RESPONSE.pass);
know("referer", IN_REQUEST.referer, IN_RESPONSE.pass);
know("sec-websocket-key", IN_REQUEST.webSocketKey, IN_RESPONSE.pass);
know("sec-websocket-version", IN_REQUEST.webSocketVersion, IN_RESPONSE.pass);
know("sec-websocket-accept", IN_REQUEST.pass, IN_RESPONSE.webSocketAccept);
know("sec-websocket-protocol", IN_REQUEST.pass, IN_RESPONSE.webSocketProtocol);
know("location", IN_REQUEST.pass, IN_RESPONSE.location);
know("content-location", IN_REQUEST.pass, IN_RESPONSE.location);
know("refresh", IN_REQUEST.pass, IN_RESPONSE.refresh);
know("link", IN_REQUEST.pass, IN_RESPONSE.link);
know("access-control-allow-origin", IN_REQUEST.pass, IN_RESPONSE.allowOrigin);
know("set-cookie", IN_REQUEST.pass, IN_RESPONSE.setCookie);
know("referrer-policy", IN_REQUEST.pass, IN_RESPONSE.referrerPolicy);
know(PASS_HEADER, IN_REQUEST.edgePass, IN_RESPONSE.drop);
know(PUBLIC_HOST_HEADER, IN_REQUEST.edgeHost, IN_RESPONSE.drop);
know(PROTO_HEADER, IN_REQUEST.edgeProto, IN_RESPONSE.drop);
know(CLIENT_IP_HEADER, IN_REQUEST.edgeClientIp, IN_RESPONSE.drop);
know(REQUEST_ID_HEADER, IN_REQUEST.edgeRequestId, IN_RESPONSE.drop);
for (const name of HOP_BY_HOP) know(name, IN_REQUEST.drop, IN_RESPONSE.drop);
know("keep-alive", IN_REQUEST.drop, IN_RESPONSE.keepAlive);
for (const name of FORWARDING) know(name, IN_REQUEST.drop, IN_RESPONSE.pass);

/**
 * Finds what is known about a field by the name as it was sent, any case.
 *
 * @returns `undefined` where the name is no token (RFC 9110, section 5.6.2)
 */
export function findFieldName(raw: string): FieldName | undefined {
  return remembered.get(raw) ?? remember(raw);
}

function remember(raw: string): FieldName | undefined {
  if (!TOKEN.test(raw)) return undefined;
  const lower = raw.toLowerCase();
  const name = known.get(lower) ?? classify(lower);
  if (remembered.size < MAX_REMEMBERED) remembered.set(detached(raw), name);
  return name;
}

/** A slice keeps the whole head that it was cut from in memory; a copy does not. */
function detached(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

function classify(lower: string): FieldName {
  if (lower.includes("_") && isSpecial(lower.replaceAll("_", "-"))) {
    // CGI and WSGI read `content_length` as `content-length`: a look-alike must not reach them.
    return { lower, inRequest: IN_REQUEST.drop, inResponse: IN_RESPONSE.drop };
  }
  if (lower.startsWith(INTERNAL_HEADER_PREFIX)) {
    return { lower, inRequest: IN_REQUEST.drop, inResponse: IN_RESPONSE.drop };
  }
  const forwarding = FORWARDING_PREFIXES.some((prefix) => lower.startsWith(prefix));
  return { lower, inRequest: forwarding ? IN_REQUEST.drop : IN_REQUEST.pass, inResponse: IN_RESPONSE.pass };
}

function isSpecial(lower: string): boolean {
  const name = known.get(lower) ?? classify(lower);
  return name.inRequest !== IN_REQUEST.pass;
}

function know(lower: string, inRequest: InRequest, inResponse: InResponse): void {
  known.set(lower, { lower, inRequest, inResponse });
}
