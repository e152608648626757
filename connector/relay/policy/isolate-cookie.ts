import { isIP } from "node:net";

const DOMAIN_ATTRIBUTE = /;\s*domain\s*=([^;]*)/gi;

/**
 * Keeps a cookie to the preview that set it: drops a `Domain` that names the guest's own loopback, an address or a
 * parent of the preview host, with which browsers would send the cookie to every other sandbox. All else stays.
 *
 * @param publicHost `host[:port]`, lower case
 */
export function isolateCookie(cookie: string, publicHost: string): string {
  if (!/domain/i.test(cookie)) return cookie;
  const hostname = publicHost.replace(/:[0-9]+$/, "");
  return cookie.replace(DOMAIN_ATTRIBUTE, (attribute: string, value: string) =>
    isTooWide(value, hostname) ? "" : attribute,
  );
}

function isTooWide(value: string, hostname: string): boolean {
  // RFC 6265, section 5.2.3: a leading dot is ignored.
  const domain = value.trim().toLowerCase().replace(/^\./, "").replace(/\.$/, "");
  if (domain === "localhost" || domain.endsWith(".localhost")) return true;
  return isIP(domain.replace(/^\[|\]$/g, "")) !== 0 || hostname.endsWith(`.${domain}`);
}
