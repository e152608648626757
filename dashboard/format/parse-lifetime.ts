const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const MAX_S = 7 * 86_400;

/** `90m`, `1d`, `3600` (seconds) → seconds; a sentence for anything else, or more than 7 days. */
export function parseLifetime(text: string): number | string {
  const [, digits = "", unit = "s"] = /^(\d{1,6})\s*([smhd]?)$/.exec(text.trim().toLowerCase()) ?? [];
  const seconds = Number(digits) * (UNITS[unit === "" ? "s" : unit] ?? 1);
  if (digits === "") return "must be a number and s, m, h or d: 90m";
  if (seconds < 1 || seconds > MAX_S) return "must be 1 second to 7 days";
  return seconds;
}
