import type { ProxyName } from "./proxy-name.ts";

/** `plain` and `tls` lead to the origin of small responses, `stream` to the origin of uploads and WebSockets. */
export type Entrance = "plain" | "tls" | "stream";

/** What a load needs to know of a proxy. */
export interface Target {
  readonly port: number;
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
