const EQUALS = 61;
const LOWER_A = 97;
const LOWER_Z = 122;
const TO_LOWER = 0x20;

/**
 * Takes attributes out of a `Set-Cookie`, by the letters of their names alone: parsers differ in what they strip around
 * a name. Takes linear time.
 *
 * @param names in lower case, letters only
 */
export function dropCookieAttributes(cookie: string, names: readonly string[]): string {
  let out = "";
  let copied = 0;
  for (let start = cookie.indexOf(";"); start !== -1; ) {
    const next = cookie.indexOf(";", start + 1);
    const end = next === -1 ? cookie.length : next;
    if (names.some((name) => isNamed(cookie, start + 1, end, name))) {
      out += cookie.slice(copied, start);
      copied = end;
    }
    start = next;
  }
  return copied === 0 ? cookie : out + cookie.slice(copied);
}

function isNamed(cookie: string, start: number, end: number, name: string): boolean {
  let matched = 0;
  for (let index = start; index < end; index++) {
    const code = cookie.charCodeAt(index);
    if (code === EQUALS) break;
    const lower = code | TO_LOWER;
    if (lower < LOWER_A || lower > LOWER_Z) continue;
    if (lower !== name.charCodeAt(matched)) return false;
    matched++;
  }
  return matched === name.length;
}
