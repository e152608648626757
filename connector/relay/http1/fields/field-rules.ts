import {
  APP_HEADER,
  CLIENT_IP_HEADER,
  PASS_HEADER,
  PROTO_HEADER,
  PUBLIC_HOST_HEADER,
  REQUEST_ID_HEADER,
  TIMING_HEADER,
  WAIT_HEADER,
} from "../../../../shared/protocol/headers.ts";

/** What the parser and the header policy do with a field of a request. The edge sets the fields of the `edge*` rules. */
export type RequestRule =
  | "pass"
  | "drop"
  | "host"
  | "connection"
  | "contentLength"
  | "contentType"
  | "transferEncoding"
  | "upgrade"
  | "expect"
  | "origin"
  | "referer"
  | "cookie"
  | "webSocketKey"
  | "webSocketVersion"
  | "webSocketProtocol"
  | "edgePass"
  | "edgeHost"
  | "edgeProto"
  | "edgeClientIp"
  | "edgeRequestId"
  | "wait";

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
  | "clearSiteData"
  | "referrerPolicy"
  | "frameOptions"
  | "contentSecurityPolicy"
  | "webSocketAccept"
  | "webSocketProtocol";

export type FieldRules = readonly [inRequest: RequestRule, inResponse: ResponseRule];

/** Only the relay may set such a field for an app, never the visitor. */
const NEVER_FROM_VISITOR: FieldRules = ["drop", "pass"];

/**
 * Names that reverse proxies set and app servers trust: they name the visitor, the address that was asked for, or where
 * the server finds a file or route.
 */
const TRUSTED_BY_APP_SERVERS = [
  // The visitor's address.
  "client-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "x-real-ip",
  "x-remote-addr",
  "x-remote-ip",
  "remote-addr",
  "true-client-ip",
  "do-connecting-ip",
  "x-nf-client-connection-ip",
  "proxy-client-ip",
  "akamai-origin-hop",
  "cdn-loop",
  // The address that was asked for.
  "forwarded",
  "x-forwarded",
  "x-forward-for",
  "x-host",
  "x-http-host-override",
  "x-scheme",
  "x-url-scheme",
  "x-https",
  "front-end-https",
  "x-script-name",
  "x-replaced-path",
  // CGI puts it into HTTP_PROXY, by which HTTP clients find their proxy ("httpoxy").
  "proxy",
  // By these, Rack::Sendfile and others let the web server in front send files.
  "x-sendfile-type",
  "x-sendfile",
  "x-lighttpd-send-file",
  // By these, a platform's router leads a request inside Next.js past its middleware.
  "x-middleware-subrequest",
  "x-middleware-subrequest-id",
  "x-middleware-rewrite",
  "x-middleware-redirect",
  "x-middleware-next",
  "x-middleware-skip",
  "x-middleware-set-cookie",
  "x-middleware-override-headers",
  "x-matched-path",
  "x-now-route-matches",
];

/** Beginnings of further such names, of whole families. */
export const FORWARDING_PREFIXES = [
  "forwarded-",
  "x-forwarded-",
  "x-original-",
  "x-rewrite-",
  "x-envoy-",
  "x-invoke-",
  "x-accel-",
  "x-proxyuser-",
  "x-arr-",
  "x-azure-",
  "x-appengine-",
  "x-vercel-",
  "wl-proxy-",
  "fastly-",
  "fly-",
  "cf-",
];

/** Every name with a rule of its own, in lower case. */
export const FIELD_RULES: ReadonlyMap<string, FieldRules> = new Map([
  ...TRUSTED_BY_APP_SERVERS.map((name) => [name, NEVER_FROM_VISITOR] as const),
  ...Object.entries<FieldRules>({
    host: ["host", "pass"],
    connection: ["connection", "connection"],
    "content-length": ["contentLength", "contentLength"],
    "transfer-encoding": ["transferEncoding", "transferEncoding"],
    "content-type": ["contentType", "pass"],
    upgrade: ["upgrade", "upgrade"],
    expect: ["expect", "pass"],
    origin: ["origin", "pass"],
    referer: ["referer", "pass"],
    cookie: ["cookie", "pass"],
    "sec-websocket-key": ["webSocketKey", "pass"],
    "sec-websocket-version": ["webSocketVersion", "pass"],
    "sec-websocket-accept": ["pass", "webSocketAccept"],
    "sec-websocket-protocol": ["webSocketProtocol", "webSocketProtocol"],
    location: ["pass", "location"],
    "content-location": ["pass", "location"],
    refresh: ["pass", "refresh"],
    link: ["pass", "link"],
    "access-control-allow-origin": ["pass", "allowOrigin"],
    "set-cookie": ["pass", "setCookie"],
    // RFC 2965, obsolete, with a Domain of its own.
    "set-cookie2": ["pass", "drop"],
    "clear-site-data": ["pass", "clearSiteData"],
    "referrer-policy": ["pass", "referrerPolicy"],
    "x-frame-options": ["pass", "frameOptions"],
    "content-security-policy": ["pass", "contentSecurityPolicy"],
    // The relay writes its own.
    "cloudflare-cdn-cache-control": ["pass", "drop"],

    // Set by the edge; a guest's own are dropped.
    [PASS_HEADER]: ["edgePass", "drop"],
    [PUBLIC_HOST_HEADER]: ["edgeHost", "drop"],
    [PROTO_HEADER]: ["edgeProto", "drop"],
    [CLIENT_IP_HEADER]: ["edgeClientIp", "drop"],
    [REQUEST_ID_HEADER]: ["edgeRequestId", "drop"],
    [TIMING_HEADER]: ["drop", "drop"],
    [APP_HEADER]: ["drop", "drop"],
    // Answered by the relay.
    [WAIT_HEADER]: ["wait", "drop"],

    // For one hop (RFC 9110, section 7.6.1). Of `keep-alive`, the relay reads how long the guest keeps a connection.
    "keep-alive": ["drop", "keepAlive"],
    "proxy-connection": ["drop", "drop"],
    "proxy-authenticate": ["drop", "drop"],
    "proxy-authorization": ["drop", "drop"],
    te: ["drop", "drop"],
    trailer: ["drop", "drop"],
    "http2-settings": ["drop", "drop"],
  }),
]);
