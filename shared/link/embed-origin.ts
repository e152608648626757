/** Origins that may embed one link. */
export const MAX_EMBED_ORIGINS = 5;

/** Characters of an origin: so that a pass with five of them stays below the connector's limit. */
export const MAX_EMBED_ORIGIN_LENGTH = 128;

const ORIGIN = /^https:\/\/[a-z0-9.-]+(:[0-9]{1,5})?$/;

/**
 * Whether a text is one https origin, in the form in which browsers write it: lower case, without the default port, path
 * or wildcard. So it cannot add a directive to a Content-Security-Policy, or a field to a head.
 *
 * @example
 * ```ts
 * isEmbedOrigin("https://app.example.org"); // true
 * isEmbedOrigin("https://*.example.org"); // false
 * ```
 */
export function isEmbedOrigin(text: string): boolean {
  if (text.length > MAX_EMBED_ORIGIN_LENGTH || !ORIGIN.test(text) || !URL.canParse(text)) return false;
  return new URL(text).origin === text;
}

/** Whether a value is a link's list of embedding origins. */
export function isEmbedList(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > MAX_EMBED_ORIGINS) return false;
  return value.every((origin) => typeof origin === "string" && isEmbedOrigin(origin));
}
