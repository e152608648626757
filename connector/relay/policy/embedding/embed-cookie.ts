import { dropCookieAttributes } from "../drop-cookie-attributes.ts";

const REPLACED = ["domain", "samesite", "secure", "partitioned"];

/**
 * Makes a cookie of an embedded app one that browsers send inside another site's frame, and keep apart for each embedding
 * site (CHIPS). Host-only, as every cookie here: see `isolateCookie`.
 */
export function embedCookie(cookie: string): string {
  return `${dropCookieAttributes(cookie, REPLACED)}; SameSite=None; Secure; Partitioned`;
}
