import { dropCookieAttributes } from "./drop-cookie-attributes.ts";

const DOMAIN = ["domain"];

/**
 * Keeps a cookie to the preview that set it: drops every `Domain`, whatever its value, so that the cookie is host-only.
 *
 * The value decides nothing: browsers map `ｅxample.com`, `example。com` and a name with soft hyphens to the parent domain
 * (seen in Chromium), which would send the cookie to every other sandbox.
 */
export function isolateCookie(cookie: string): string {
  return dropCookieAttributes(cookie, DOMAIN);
}
