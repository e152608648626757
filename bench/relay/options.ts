import type { ProxyName } from "./proxies/proxy-name.ts";

/** The options of a run. */
export interface Options {
  readonly json: boolean;
  readonly repeats: number;
  /** Length of one measurement. */
  readonly seconds: number;
  readonly measures: readonly string[];
  readonly proxies: readonly ProxyName[];
  readonly proxyCore: number;
  readonly loadCore: number;
  /** For a profile: Node's flags before the connector's file. */
  readonly connectorFlags: readonly string[];
}
