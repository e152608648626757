/** Request fields that the edge sets for the connector, always all of them, over whatever the visitor sent. */
export const PASS_HEADER = "preview-pass";
export const PUBLIC_HOST_HEADER = "preview-host";
export const PROTO_HEADER = "preview-proto";
export const CLIENT_IP_HEADER = "preview-client-ip";
export const REQUEST_ID_HEADER = "preview-request-id";

/** Response field on every answer that is ours and not the app's. */
export const ERROR_HEADER = "preview-error";

/** Fields with this prefix are ours in both directions: never passed to a guest, never taken from one. */
export const INTERNAL_HEADER_PREFIX = "preview-";

export const PASS_ALGORITHM = "EdDSA";
export const PASS_ISSUER = "preview-edge";
export const HOST_TOKEN_AUDIENCE = "preview-edge";

/** `sub` of a pass for the host's launcher instead of a sandbox; no UUID looks like it. */
export const LAUNCH_SUBJECT = "launcher";

/** Longest life of a pass. */
export const PASS_MAX_LIFETIME_S = 60;

/** Clock difference between edge and hosts that is tolerated. */
export const CLOCK_TOLERANCE_S = 60;

/** What the edge promises a connector about one request. */
export interface PassClaims {
  readonly sandboxId: string;
  readonly port: number;
  readonly generation: string;
  /** End of the grant, unix seconds; open tunnels and streams are cut there. 0: no end. */
  readonly until: number;
  /** A signed link, and not the public hostname, led here. */
  readonly link: boolean;
}
