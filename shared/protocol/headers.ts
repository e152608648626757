/** Request fields that the edge sets for the connector, always all of them, over what the visitor sent. */
export const PASS_HEADER = "preview-pass";
export const PUBLIC_HOST_HEADER = "preview-host";
export const PROTO_HEADER = "preview-proto";
export const CLIENT_IP_HEADER = "preview-client-ip";
export const REQUEST_ID_HEADER = "preview-request-id";

/**
 * An owner's API token, in a request whose `server-timing` the owner wants to see. The edge does not forward it.
 * Cloudflare's logs redact fields that have "token" in their names.
 */
export const TIMING_HEADER = "preview-timing-token";

/**
 * `1` in a GET asks for a stream of events, of which one says that something listens on the port. The edge passes it on,
 * and the connector answers it: no guest gets such a request. In a response it marks that stream.
 */
export const WAIT_HEADER = "preview-wait";

/** Milliseconds that the edge had a request; only where its host keeps a log of the port's requests. No guest gets it. */
export const EDGE_TIME_HEADER = "preview-edge-ms";

/** Request field in which a program sends a link's token to the public hostname, in place of the link's hostname. */
export const TOKEN_HEADER = "preview-token";

/**
 * Before a link's token as a subprotocol of a WebSocket, for the same purpose: browsers let a page set no other field of
 * a handshake. The connector takes it out of what the app sees.
 */
export const TOKEN_PROTOCOL_PREFIX = "preview-token.";

/** Response field on every response that is ours and not the app's. */
export const ERROR_HEADER = "preview-error";

/**
 * `1` on each response of the app itself with a status from 520 to 530, which are Cloudflare's own for an origin that
 * fails. The connector sets it; a response of that range without it is Cloudflare's.
 */
export const APP_HEADER = "preview-app";

/** Fields with this prefix are ours in both directions: never passed to a guest, never taken from one. */
export const INTERNAL_HEADER_PREFIX = "preview-";
