/**
 * Distinguishes a browser's navigation, whose response a person sees, from the request of a script or program.
 *
 * `Sec-Fetch-Mode` decides where a browser sent it (Fetch Metadata, section 2.2); else `Accept` must name HTML.
 */
export function wantsHtml(
  secFetchMode: string | null | undefined,
  accept: string | null | undefined,
): boolean {
  if (secFetchMode !== null && secFetchMode !== undefined) return secFetchMode === "navigate";
  return /(^|[,\s])text\/html\b/i.test(accept ?? "");
}
