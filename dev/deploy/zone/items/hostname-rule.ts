/** `{port}-{uuid}`: one to five digits, a dash, 36 characters; see `shared/link/parse-hostname.ts`. */
const UUID_CHARS = 36;
const MIN_PUBLIC_LABEL = 1 + 1 + UUID_CHARS;
const MAX_PUBLIC_LABEL = 5 + 1 + UUID_CHARS;
/** A label under the links' domain: a token has 63; from 16 on a person sees that it was cut (`link_incomplete`). */
const MIN_LINK_LABEL = 16;
const MAX_LABEL = 63;

/**
 * An expression of Cloudflare's rules language that holds for hostnames that no preview, link or API can have, by length
 * alone: `len` and `ends_with` are on every plan, regular expressions are not.
 */
export function hostnameRule(previewDomain: string, linkDomain: string, zone: string): string {
  const host = "lower(http.host)";
  const parts: string[] = [];
  const isLink = `ends_with(${host}, ".${linkDomain}")`;
  if (isUnder(linkDomain, zone))
    parts.push(`(${isLink} and not ${between(linkDomain, MIN_LINK_LABEL, MAX_LABEL)})`);
  if (isUnder(previewDomain, zone)) {
    const isPublic = `ends_with(${host}, ".${previewDomain}")`;
    const others = linkDomain.endsWith(`.${previewDomain}`) ? ` and not ${isLink}` : "";
    const possible = `${between(previewDomain, MIN_PUBLIC_LABEL, MAX_PUBLIC_LABEL)} or ${host} eq "api.${previewDomain}"`;
    parts.push(`(${isPublic}${others} and not (${possible}))`);
  }
  return parts.join(" or ");
}

/** The length of a hostname whose label below the domain has `min` to `max` characters. */
function between(domain: string, min: number, max: number): string {
  const rest = domain.length + 1;
  return `(len(http.host) ge ${min + rest} and len(http.host) le ${max + rest})`;
}

function isUnder(domain: string, zone: string): boolean {
  return domain === zone || domain.endsWith(`.${zone}`);
}
