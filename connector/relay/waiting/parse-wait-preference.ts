const MAX_DIGITS = 9;
const SECONDS = /^[0-9]+$/;

/**
 * Reads how long a client wants to wait for its response (RFC 7240, section 4.3: `Prefer: wait=10`).
 *
 * @param values of all `Prefer` fields, in order; what is no preference is ignored (section 2)
 * @returns whole seconds; `undefined` where there is no valid `wait`. Of several the first one counts
 */
export function parseWaitPreference(values: readonly string[]): number | undefined {
  for (const value of values) {
    for (const item of value.split(",")) {
      const preference = item.split(";", 1)[0]!;
      const equals = preference.indexOf("=");
      if (equals === -1 || preference.slice(0, equals).trim().toLowerCase() !== "wait") continue;
      return parseSeconds(unquoted(preference.slice(equals + 1).trim()));
    }
  }
  return undefined;
}

/** A value may be a token or a quoted text (section 2). */
function unquoted(word: string): string {
  return word.length >= 2 && word.startsWith('"') && word.endsWith('"') ? word.slice(1, -1) : word;
}

function parseSeconds(text: string): number | undefined {
  return text.length <= MAX_DIGITS && SECONDS.test(text) ? Number(text) : undefined;
}
