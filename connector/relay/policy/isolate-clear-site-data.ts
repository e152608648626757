/**
 * What a response may delete: data of its own origin only. `"cookies"` and `"*"` would delete those of the whole
 * registrable domain, every other sandbox's included (Clear Site Data, section 3.1).
 */
const OWN_ORIGIN = new Set([
  '"cache"',
  '"clientHints"',
  '"executionContexts"',
  '"prefetchCache"',
  '"prerenderCache"',
  '"storage"',
]);

/** @returns the value without what reaches other origins; `undefined` where nothing is left */
export function isolateClearSiteData(value: string): string | undefined {
  const kept = value
    .split(",")
    .map((type) => type.trim())
    .filter((type) => OWN_ORIGIN.has(type));
  return kept.length === 0 ? undefined : kept.join(", ");
}
