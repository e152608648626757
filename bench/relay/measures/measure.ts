import type { Bench } from "../bench.ts";
import type { RunningProxy } from "../proxies/proxy.ts";

/** A number that a measure yields for each proxy. */
export interface Metric {
  readonly key: string;
  readonly label: string;
  readonly digits: number;
}

export type Sample = Readonly<Record<string, number>>;

/** One kind of load, and the numbers that it yields. */
export interface Measure {
  readonly name: string;
  readonly title: string;
  readonly metrics: readonly Metric[];
  run(bench: Bench, proxy: RunningProxy): Promise<Sample>;
}
