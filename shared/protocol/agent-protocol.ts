/**
 * The API of the agent in a guest, for its connector, over HTTP/1.1 on the reserved port (`AGENT_PORT`).
 *
 * | request | response |
 * | --- | --- |
 * | `GET /v1/health` | `AgentHealth` |
 * | `GET /v1/ports` | `PortScan`, read from the kernel after the request came |
 * | `GET /v1/ports/stream` | NDJSON without end: one `PortEvent` per line, the first one a snapshot |
 * | `CONNECT 127.0.0.1:3000`, `CONNECT [::1]:3000` | 200, then the listener's bytes both ways, half-closes carried |
 *
 * The response to `CONNECT` is 400 for a target that cannot be parsed, 403 where no registered listener is bound to that
 * loopback address (after a fresh scan), 502 where the listener refuses, 503 above `MAX_AGENT_TUNNELS`. The connection
 * of a peer that is not the guest's gateway is closed without a response.
 *
 * The guest owns the agent: its connector must treat every response as hostile.
 */

export const AGENT_HEALTH_PATH = "/v1/health";
export const AGENT_PORTS_PATH = "/v1/ports";
export const AGENT_PORT_STREAM_PATH = "/v1/ports/stream";

/** A stream without events sends `alive` this often. */
export const AGENT_ALIVE_INTERVAL_MS = 10_000;

/** Waiting ports beyond these are not reported. */
export const MAX_WAITING_PORTS = 1024;

/** No line of a stream and no scan is longer than this. */
export const MAX_AGENT_LINE_BYTES = 16_384;

/** As many as a sandbox may have requests and tunnels open at once. */
export const MAX_AGENT_TUNNELS = 512;

export type LoopbackAddress = "127.0.0.1" | "::1";

/**
 * How a connector reaches a port: by dialling the guest's own address, or by `CONNECT` to a loopback address.
 *
 * A listener on `::` counts as `direct`. The kernel's table does not say whether it is IPv6-only; where
 * dialling an IPv4 guest is refused, `CONNECT [::1]` reaches it.
 */
export type PortReach = "direct" | LoopbackAddress;

export interface PortReport {
  readonly port: number;
  readonly reach: PortReach;
}

export interface PortScan {
  /** Registered ports, at most `MAX_PORTS_PER_SANDBOX`, in order of arrival. */
  readonly ports: readonly PortReport[];
  /** Ports that listen but wait for a registered one to close, in order of arrival. */
  readonly waiting: readonly number[];
}

export interface PortChange {
  /** Ports newly registered, or registered before and now reached in another way. */
  readonly open: readonly PortReport[];
  readonly close: readonly number[];
  /** All that wait, after the change. */
  readonly waiting: readonly number[];
}

export type PortEvent =
  | ({ readonly event: "snapshot" } & PortScan)
  | ({ readonly event: "change" } & PortChange)
  | { readonly event: "alive" };

export interface AgentHealth {
  readonly status: "ok";
  /** Version of this contract. */
  readonly protocol: 1;
  readonly uptime_s: number;
}

/** The request target of a `CONNECT` (authority-form, RFC 9112, section 3.2.3). */
export function formatConnectTarget(address: LoopbackAddress, port: number): string {
  return address === "::1" ? `[::1]:${port}` : `${address}:${port}`;
}
