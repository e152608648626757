/**
 * Cookies that Cloudflare sets for the operator's zone, for example Access's proof that a visitor has signed in. They
 * open other hosts of the zone, and no app needs them.
 */
const ZONE_COOKIES = new Set([
  "CF_Authorization",
  "CF_AppSession",
  "CF_Binding",
  "CF_Device",
  "CF_Session",
  "cf_clearance",
  "cf_ob_info",
  "cf_use_ob",
  "_cfuvid",
]);
/** `__cf_bm`, `__cfruid`, `__cflb`, `__cfseq`, `__cfwaitingroom`; `cf_chl_rc_i` and others of a challenge. */
const ZONE_COOKIE_PREFIXES = ["__cf", "cf_chl_"];

const COMMA = 44;
const SEMICOLON = 59;

/** Whether a `Cookie` field may have any of them: a quick test, for every request. */
export function mayHaveZoneCookie(cookies: string): boolean {
  return cookies.includes("cf") || cookies.includes("CF_");
}

/**
 * Takes the cookies of Cloudflare's zone out of a `Cookie` field.
 *
 * A comma separates like a semicolon: workerd joins several `Cookie` fields by commas.
 *
 * @returns `undefined` where no cookie is left
 */
export function withoutZoneCookies(cookies: string): string | undefined {
  let out = "";
  for (let start = 0; start <= cookies.length; ) {
    const end = findSeparator(cookies, start);
    const cookie = cookies.slice(start, end);
    // With the separator before it, unless it is the first that is left.
    if (!isZoneCookie(cookie)) out += out === "" ? cookie.trimStart() : cookies[start - 1] + cookie;
    start = end + 1;
  }
  return out.trim() === "" ? undefined : out;
}

function findSeparator(cookies: string, start: number): number {
  let end = start;
  while (end < cookies.length && !isSeparator(cookies.charCodeAt(end))) end++;
  return end;
}

function isSeparator(code: number): boolean {
  return code === SEMICOLON || code === COMMA;
}

function isZoneCookie(cookie: string): boolean {
  const equals = cookie.indexOf("=");
  const name = (equals === -1 ? cookie : cookie.slice(0, equals)).trim();
  return ZONE_COOKIES.has(name) || ZONE_COOKIE_PREFIXES.some((prefix) => name.startsWith(prefix));
}
