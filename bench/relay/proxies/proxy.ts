import type { ProxyName } from "./proxy-name.ts";

/**
 * `plain` and `tls` lead to nginx, the origin of small responses; `stream` and `tlsStream` to the bench's own program, the
 * origin of uploads and WebSockets, which has the file, too.
 */
export const ENTRANCES = ["plain", "tls", "stream", "tlsStream"] as const;

export type Entrance = (typeof ENTRANCES)[number];

export function isTls(entrance: Entrance): boolean {
  return entrance === "tls" || entrance === "tlsStream";
}

/** What a load needs to know of a proxy. */
export interface Target {
  readonly port: number;
  readonly tls: boolean;
  /** The process whose time the load costs. */
  readonly pid: number;
  /** Sets of request fields that this proxy needs; connections take turns. Fewer sets serve fewer tunnels. */
  readonly fields: readonly (readonly string[])[];
}

export interface RunningProxy {
  readonly name: ProxyName;
  /** Made anew for each measurement, because a pass is short-lived. */
  target(entrance: Entrance): Promise<Target>;
  stop(): Promise<void>;
}
