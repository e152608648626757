/** Passes and host tokens are JWTs signed with Ed25519 keys (RFC 8037). */
export const SIGNATURE_ALGORITHM = "EdDSA";

/** Clock difference between the edge and a host that is tolerated. */
export const CLOCK_TOLERANCE_S = 60;
