import { InvalidArgumentError } from "commander";

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * Reads a duration: `90s`, `30m`, `1h`, `7d`, or seconds.
 *
 * @returns whole seconds
 * @throws {InvalidArgumentError} for anything else
 */
export function parseDuration(text: string): number {
  const [, number = "", unit = "s"] = /^([0-9]{1,7})([smhd])?$/.exec(text) ?? [];
  if (number === "") throw new InvalidArgumentError("must be a duration like 90s, 30m, 1h or 7d");
  return Number(number) * (SECONDS[unit] ?? 1);
}

/** Reads a decimal number. @throws {InvalidArgumentError} */
export function parseNumber(text: string): number {
  if (!/^[0-9]+(\.[0-9]+)?$/.test(text)) throw new InvalidArgumentError("must be a number");
  return Number(text);
}
