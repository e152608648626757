import { InvalidArgumentError, Option } from "commander";
import { parsePort } from "../../shared/port.ts";

const DEFAULT_CONFIG_FILE = "/etc/preview-connector/config.json";

/** What every command takes. */
export interface ConfigOptions {
  readonly config: string;
}

export function configOption(): Option {
  return new Option("--config <file>", "configuration file").default(DEFAULT_CONFIG_FILE);
}

/** @throws {InvalidArgumentError} */
export function parsePortOption(text: string): number {
  const port = parsePort(text);
  if (port === undefined) throw new InvalidArgumentError("must be a port from 1 to 65535");
  return port;
}

/** For an option that may be repeated. @throws {InvalidArgumentError} */
export function collectPorts(text: string, ports: readonly number[]): number[] {
  return [...ports, parsePortOption(text)];
}
