import { isIP } from "node:net";
import { AGENT_PORT, parsePort } from "../shared/port.ts";

export interface AgentOptions {
  readonly port: number;
  /** Never reported: the agent's own port, and those that the guest's owner excludes. */
  readonly excludedPorts: ReadonlySet<number>;
  /** Addresses that may connect; empty: the default route's gateway. */
  readonly gateways: readonly string[];
}

const SSH_PORT = "22";

/**
 * Reads the agent's configuration.
 *
 * | variable | is | default |
 * | --- | --- | --- |
 * | `AGENT_PORT` | the port on which the agent listens | 20222 |
 * | `AGENT_EXCLUDED_PORTS` | ports that are not reported, comma-separated; may be empty | 22 |
 * | `AGENT_GATEWAYS` | addresses that may connect, comma-separated | the default route's |
 *
 * @throws {RangeError} whose message names the variable, what it must be and what it was
 */
export function parseAgentOptions(env: Readonly<Record<string, string | undefined>>): AgentOptions {
  const port = toPort("AGENT_PORT", env.AGENT_PORT ?? String(AGENT_PORT));
  const excluded = splitList(env.AGENT_EXCLUDED_PORTS ?? SSH_PORT);
  return {
    port,
    excludedPorts: new Set([port, ...excluded.map((text) => toPort("AGENT_EXCLUDED_PORTS", text))]),
    gateways: splitList(env.AGENT_GATEWAYS ?? "").map(toAddress),
  };
}

function splitList(text: string): string[] {
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
