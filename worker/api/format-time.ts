/** A time in the API: RFC 3339, UTC, whole seconds. */
export function formatTime(unixMs: number): string {
  return new Date(unixMs).toISOString().replace(/\.\d{3}Z$/, "Z");
}
