import {
  CLIENT_IP_HEADER,
  INTERNAL_HEADER_PREFIX,
  PASS_HEADER,
  PROTO_HEADER,
  PUBLIC_HOST_HEADER,
  REQUEST_ID_HEADER,
} from "../../../shared/protocol/headers.ts";

/** What the parser and the header policy do with a field of a request. The edge sets the fields of the `edge*` rules. */
export type RequestRule =
  | "pass"
  | "drop"
  | "host"
  | "connection"
  | "contentLength"
  | "transferEncoding"
  | "upgrade"
  | "expect"
  | "origin"
  | "referer"
  | "webSocketKey"
  | "webSocketVersion"
  | "edgePass"
  | "edgeHost"
  | "edgeProto"
  | "edgeClientIp"
  | "edgeRequestId";

/** What the parser and the header policy do with a field of a response. */
export type ResponseRule =
  | "pass"
  | "drop"
  | "connection"
  | "contentLength"
  | "transferEncoding"
  | "upgrade"
  | "keepAlive"
  | "location"
  | "refresh"
  | "link"
  | "allowOrigin"
  | "setCookie"
  | "referrerPolicy"
  | "webSocketAccept"
  | "webSocketProtocol";

/** A field's name, with its rule in either direction. */
export interface FieldName {
  readonly lower: string;
  readonly inRequest: RequestRule;
  readonly inResponse: ResponseRule;
}

/** Every name with a rule of its own, in lower case: its rule in a request, and in a response. */
const RULES: Readonly<Record<string, readonly [RequestRule, ResponseRule]>> = {
  host: ["host", "pass"],
  connection: ["connection", "connection"],
  "content-length": ["contentLength", "contentLength"],
  "transfer-encoding": ["transferEncoding", "transferEncoding"],
  upgrade: ["upgrade", "upgrade"],
  expect: ["expect", "pass"],
  origin: ["origin", "pass"],
  referer: ["referer", "pass"],
  "sec-websocket-key": ["webSocketKey", "pass"],
  "sec-websocket-version": ["webSocketVersion", "pass"],
  "sec-websocket-accept": ["pass", "webSocketAccept"],
  "sec-websocket-protocol": ["pass", "webSocketProtocol"],
  location: ["pass", "location"],
  "content-location": ["pass", "location"],
  refresh: ["pass", "refresh"],
  link: ["pass", "link"],
  "access-control-allow-origin": ["pass", "allowOrigin"],
  "set-cookie": ["pass", "setCookie"],
  "referrer-policy": ["pass", "referrerPolicy"],

  // Set by the edge; a guest's own are dropped.
  [PASS_HEADER]: ["edgePass", "drop"],
  [PUBLIC_HOST_HEADER]: ["edgeHost", "drop"],
  [PROTO_HEADER]: ["edgeProto", "drop"],
  [CLIENT_IP_HEADER]: ["edgeClientIp", "drop"],
  [REQUEST_ID_HEADER]: ["edgeRequestId", "drop"],

  // For one hop (RFC 9110, section 7.6.1). Of `keep-alive`, the relay reads how long the guest keeps a connection.
  "keep-alive": ["drop", "keepAlive"],
  "proxy-connection": ["drop", "drop"],
  "proxy-authenticate": ["drop", "drop"],
  "proxy-authorization": ["drop", "drop"],
  te: ["drop", "drop"],
  trailer: ["drop", "drop"],
  "http2-settings": ["drop", "drop"],

  // They name the visitor or the address that was asked for: only the relay may set these, never the visitor.
  forwarded: ["drop", "pass"],
  "x-forwarded": ["drop", "pass"],
  "x-original-url": ["drop", "pass"],
  "x-original-host": ["drop", "pass"],
  "x-original-uri": ["drop", "pass"],
  "x-rewrite-url": ["drop", "pass"],
  "x-real-ip": ["drop", "pass"],
  "x-client-ip": ["drop", "pass"],
  "x-cluster-client-ip": ["drop", "pass"],
  "x-host": ["drop", "pass"],
  "x-http-host-override": ["drop", "pass"],
  "true-client-ip": ["drop", "pass"],
  "fastly-client-ip": ["drop", "pass"],
  "cdn-loop": ["drop", "pass"],
};

/** Beginnings of further names that are treated like `forwarded`. */
const FORWARDING_PREFIXES = ["x-forwarded-", "cf-"];

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** More than all names in common use. Names beyond this number are classified anew each time. */
const MAX_REMEMBERED = 2048;

const known = new Map<string, FieldName>(
  Object.entries(RULES).map(([lower, [inRequest, inResponse]]) => [lower, { lower, inRequest, inResponse }]),
);
const remembered = new Map<string, FieldName>();

/**
 * Finds what is known about a field by the name as it was sent, in any case.
 *
 * @returns `undefined` where the name is no token (RFC 9110, section 5.6.2)
 */
export function findFieldName(raw: string): FieldName | undefined {
  return remembered.get(raw) ?? remember(raw);
}

function remember(raw: string): FieldName | undefined {
  if (!TOKEN.test(raw)) return undefined;
  const name = classify(raw.toLowerCase());
  if (remembered.size < MAX_REMEMBERED) remembered.set(detached(raw), name);
  return name;
}

/** A slice keeps the whole head that it was cut from in memory; a copy does not. */
function detached(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

function classify(lower: string): FieldName {
  const rule = known.get(lower);
  if (rule !== undefined) return rule;
  // CGI and WSGI read `content_length` as `content-length`: a look-alike must not reach them.
  const isLookAlike = lower.includes("_") && classify(lower.replaceAll("_", "-")).inRequest !== "pass";
  if (isLookAlike || lower.startsWith(INTERNAL_HEADER_PREFIX))
    return { lower, inRequest: "drop", inResponse: "drop" };
  const isForwarding = FORWARDING_PREFIXES.some((prefix) => lower.startsWith(prefix));
  return { lower, inRequest: isForwarding ? "drop" : "pass", inResponse: "pass" };
}
