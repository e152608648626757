const SPACE = 32;
const TAB = 9;
const SEPARATORS = ";,";
const QUOTES = "\"'";
const NUMBER = "0123456789.";

/**
 * Applies `rewrite` to the URL of a `Refresh` field, which browsers read like `<meta http-equiv="refresh">` (HTML,
 * section 4.2.5.3): a time, a separator, `url=` or not, and the URL in quotes or not.
 */
export function rewriteRefresh(value: string, rewrite: (url: string) => string): string {
  const start = findUrl(value);
  if (start === -1) return value;
  const quote = value[start]!;
  const isQuoted = start < value.length && QUOTES.includes(quote);
  const urlStart = isQuoted ? start + 1 : start;
  const quoteEnd = isQuoted ? value.indexOf(quote, urlStart) : -1;
  const urlEnd = quoteEnd === -1 ? value.length : quoteEnd;
  return value.slice(0, urlStart) + rewrite(value.slice(urlStart, urlEnd)) + value.slice(urlEnd);
}

/** Where the URL or its quote begins; -1 where there is none. */
function findUrl(value: string): number {
  const timeEnd = skip(value, skipBlanks(value, 0), NUMBER);
  let start = skipBlanks(value, timeEnd);
  if (start < value.length && SEPARATORS.includes(value[start]!)) start = skipBlanks(value, start + 1);
  if (start === timeEnd || start === value.length) return -1;
  if (value.slice(start, start + 3).toLowerCase() !== "url") return start;
  const equals = skipBlanks(value, start + 3);
  return value[equals] === "=" ? skipBlanks(value, equals + 1) : start;
}

function skip(value: string, start: number, characters: string): number {
  let end = start;
  while (end < value.length && characters.includes(value[end]!)) end++;
  return end;
}

function skipBlanks(value: string, start: number): number {
  let end = start;
  while (value.charCodeAt(end) === SPACE || value.charCodeAt(end) === TAB) end++;
  return end;
}
