const COMMA = 44;
const QUOTE = 34;
const BACKSLASH = 92;

/**
 * Whether a field's value has a comma outside of a quoted string (RFC 9110, section 5.6.4), as two fields of one name
 * have after an intermediary has joined them (section 5.3).
 */
export function isList(value: string): boolean {
  if (!value.includes(",")) return false;
  let quoted = false;
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (code === QUOTE) quoted = !quoted;
    else if (code === BACKSLASH && quoted) index++;
    else if (code === COMMA && !quoted) return true;
  }
  return false;
}
