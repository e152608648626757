/** Ports a sandbox may expose at the same time. */
export const MAX_PORTS_PER_SANDBOX = 32;

/** TCP port on which the agent serves its connector; never proxied. Below Linux's ephemeral range (32768–60999). */
export const AGENT_PORT = 20_222;

const DECIMAL_PORT = /^[1-9][0-9]{0,4}$/;

/** Reads a decimal TCP port 1–65535 without sign, space or leading zeros; `undefined` for anything else. */
export function parsePort(text: string): number | undefined {
  if (!DECIMAL_PORT.test(text)) return undefined;
  const port = Number(text);
  return isPort(port) ? port : undefined;
}

export function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65_535;
}
