import { parsePort } from "../shared/port.ts";
import type { LoopbackAddress } from "../shared/protocol/agent-protocol.ts";

export interface ConnectTarget {
  readonly address: LoopbackAddress;
  readonly port: number;
}

const TARGET = /^(?:(127\.0\.0\.1)|\[(::1)\]):(\d{1,5})$/;

/** Reads the request target of a `CONNECT`: a loopback address and a port; `undefined` for anything else. */
export function parseConnectTarget(target: string): ConnectTarget | undefined {
  const [, v4, v6, digits = ""] = TARGET.exec(target) ?? [];
  const port = parsePort(digits);
  if (port === undefined) return undefined;
  return { address: (v4 ?? v6) as LoopbackAddress, port };
}
