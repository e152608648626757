import { InvalidArgumentError } from "commander";

/** @throws {InvalidArgumentError} */
export function parsePort(text: string): number {
  const port = /^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535)
    throw new InvalidArgumentError("port must be a whole number from 1 to 65535");
  return port;
}
