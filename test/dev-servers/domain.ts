/** Reserved for tests (RFC 6761). Not `localhost`: browsers and dev servers trust that by its name. */
export const DOMAIN = "sandboxes.test";
