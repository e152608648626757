/** Request fields that the edge sets for the connector, always all of them, over whatever the visitor sent. */
export const PASS_HEADER = "preview-pass";
export const PUBLIC_HOST_HEADER = "preview-host";
export const PROTO_HEADER = "preview-proto";
export const CLIENT_IP_HEADER = "preview-client-ip";
export const REQUEST_ID_HEADER = "preview-request-id";

/**
 * An owner's API token, in a request whose `server-timing` it wants to see; the edge keeps it to itself.
 * Cloudflare's logs redact fields that have "token" in their names.
 */
export const TIMING_HEADER = "preview-timing-token";

/** Response field on every answer that is ours and not the app's. */
export const ERROR_HEADER = "preview-error";

/** Fields with this prefix are ours in both directions: never passed to a guest, never taken from one. */
export const INTERNAL_HEADER_PREFIX = "preview-";

export const PASS_ALGORITHM = "EdDSA";
export const PASS_ISSUER = "preview-edge";
export const HOST_TOKEN_AUDIENCE = "preview-edge";

/** `sub` of a pass for the host itself instead of a sandbox; no UUID looks like it. */
export const HOST_SUBJECT = "host";

/** Longest life of a pass. */
export const PASS_MAX_LIFETIME_S = 60;

/** Longest life of the token with which a host signs a call. */
export const HOST_TOKEN_MAX_LIFETIME_S = 60;

/** Clock difference between edge and hosts that is tolerated. */
export const CLOCK_TOLERANCE_S = 60;

/** The signed link that led to a request. */
export interface PassLink {
  /** Names the link without opening it: two passes of one link share it, and logs may show it. */
  readonly id: string;
  /** Version of the workspace's signing key. */
  readonly keyVersion: number;
}

/** What the edge promises a connector about one request. */
export interface PassClaims {
  readonly sandboxId: string;
  readonly port: number;
  readonly generation: string;
  /** End of the grant, unix seconds; open tunnels and streams are cut there. 0: no end. */
  readonly until: number;
  /** `undefined` where the public hostname led here. */
  readonly link: PassLink | undefined;
}
