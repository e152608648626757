/**
 * Behind a tunnel or a proxied record, the cache of the origin's own Cloudflare zone could store responses by their URL
 * alone: one sandbox's `/assets/app.js` for all others, without a pass. Only Cloudflare reads this field, and removes it.
 */
export const NEVER_CACHED = "cloudflare-cdn-cache-control: no-store\r\n";
