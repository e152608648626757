/** The entries of a field with one on each line, or commas between them; `undefined` for none. */
export function splitList(text: string): string[] | undefined {
  const entries = text.split(/[\n,]/).map((entry) => entry.trim());
  const named = entries.filter((entry) => entry !== "");
  return named.length === 0 ? undefined : named;
}
