const NAME = "domain";

const EQUALS = 61;
const LOWER_A = 97;
const LOWER_Z = 122;
const TO_LOWER = 0x20;

/**
 * Keeps a cookie to the preview that set it: drops every `Domain`, whatever its value, so that the cookie is host-only.
 *
 * The value decides nothing: browsers map `ｅxample.com`, `example。com` and a name with soft hyphens to the parent domain
 * (seen in Chromium), which would send the cookie to every other sandbox.
 */
export function isolateCookie(cookie: string): string {
  let out = "";
  let copied = 0;
  for (let start = cookie.indexOf(";"); start !== -1; ) {
    const next = cookie.indexOf(";", start + 1);
    if (isDomain(cookie, start + 1, next === -1 ? cookie.length : next)) {
      out += cookie.slice(copied, start);
      copied = next === -1 ? cookie.length : next;
    }
    start = next;
  }
  return copied === 0 ? cookie : out + cookie.slice(copied);
}

/** By the letters of the attribute's name alone: parsers differ in what they strip around it. */
function isDomain(cookie: string, start: number, end: number): boolean {
  let matched = 0;
  for (let index = start; index < end; index++) {
    const code = cookie.charCodeAt(index);
    if (code === EQUALS) break;
    const lower = code | TO_LOWER;
    if (lower < LOWER_A || lower > LOWER_Z) continue;
    if (lower !== NAME.charCodeAt(matched)) return false;
    matched++;
  }
  return matched === NAME.length;
}
