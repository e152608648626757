import { isIP } from "node:net";
import { AGENT_PORT, parsePort } from "../shared/port.ts";

export interface AgentOptions {
  readonly port: number;
  /** Never reported: the agent's own port, and what the guest's owner wants to keep. */
  readonly excludedPorts: ReadonlySet<number>;
  /** Who may ask; empty: the default route's gateway. */
  readonly gateways: readonly string[];
}

const SSH_PORT = "22";

/**
 * Reads the agent's configuration.
 *
 * | variable | is | default |
 * | --- | --- | --- |
 * | `AGENT_PORT` | the port the connector asks on | 20222 |
 * | `AGENT_EXCLUDED_PORTS` | ports left out, comma-separated; may be empty | 22 |
 * | `AGENT_GATEWAYS` | addresses that may ask, comma-separated | the default route's |
 *
 * @throws {RangeError} names the variable, what it must be and what it was
 */
export function parseAgentOptions(env: Readonly<Record<string, string | undefined>>): AgentOptions {
  const port = toPort("AGENT_PORT", env.AGENT_PORT ?? String(AGENT_PORT));
  const excluded = list(env.AGENT_EXCLUDED_PORTS ?? SSH_PORT);
  return {
    port,
    excludedPorts: new Set([port, ...excluded.map((text) => toPort("AGENT_EXCLUDED_PORTS", text))]),
    gateways: list(env.AGENT_GATEWAYS ?? "").map(toAddress),
  };
}

function list(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function toPort(name: string, text: string): number {
  const port = parsePort(text);
  if (port === undefined) throw new RangeError(`${name} must hold ports from 1 to 65535, was "${text}"`);
  return port;
}

function toAddress(text: string): string {
  if (isIP(text) === 0) throw new RangeError(`AGENT_GATEWAYS must hold IP addresses, was "${text}"`);
  return text;
}
