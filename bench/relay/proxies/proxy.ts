import type { Bench } from "../bench.ts";

/** `plain` and `tls` lead to the origin of answers, `stream` leads to the origin of uploads and WebSockets. */
export type Entrance = "plain" | "tls" | "stream";

/** Where a load knocks, with what, and whose time it costs. */
export interface Target {
  readonly port: number;
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

export type ProxyName = "connector" | "nginx" | "haproxy" | "caddy" | "go";

export type StartProxy = (bench: Bench) => Promise<RunningProxy>;
