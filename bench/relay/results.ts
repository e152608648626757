import { median } from "../shared/median.ts";
import type { Measure, Sample } from "./measures/measure.ts";
import type { ProxyName } from "./proxies/proxy-name.ts";

/** Every sample of a run, read as medians of the repeats. */
export class Results {
  readonly #samples = new Map<string, Sample[]>();

  add(measure: Measure, proxy: ProxyName, sample: Sample): void {
    const key = `${measure.name} ${proxy}`;
    this.#samples.set(key, [...(this.#samples.get(key) ?? []), sample]);
  }

  /** `undefined` where this was not measured. */
  median(measure: string, proxy: ProxyName, metric: string): number | undefined {
    const values = (this.#samples.get(`${measure} ${proxy}`) ?? []).map((sample) => sample[metric]!);
    if (values.length === 0) return undefined;
    return median(values);
  }
}
