import { ProgramError } from "../shared/processes/process-group.ts";
import type { Bench } from "./bench.ts";
import type { Measure, Sample } from "./measures/measure.ts";
import type { RunningProxy } from "./proxies/proxy.ts";
import { startProxy } from "./proxies/start-proxy.ts";
import { Results } from "./results.ts";

/**
 * Each measure takes all proxies in turn before the next begins, and each repeat begins with another proxy, so that a
 * disturbance of some seconds affects all of them.
 */
export async function runRounds(bench: Bench, measures: readonly Measure[]): Promise<Results> {
  const { repeats, proxies } = bench.options;
  const running: RunningProxy[] = [];
  for (const name of proxies) running.push(await startProxy(bench, name));
  const results = new Results();
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const measure of measures) {
      for (const proxy of rotate(running, repeat)) {
        const sample = await runWithRetry(bench, measure, proxy);
        results.add(measure, proxy.name, sample);
        report(`${repeat + 1}/${repeats} ${measure.name} ${proxy.name}`, sample);
      }
    }
  }
  return results;
}

/** A measurement that fails is repeated once: on a busy machine one may fail, and a run is long. */
async function runWithRetry(bench: Bench, measure: Measure, proxy: RunningProxy): Promise<Sample> {
  try {
    return await measure.run(bench, proxy);
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    process.stderr.write(`${measure.name} ${proxy.name}, once more: ${error.message}\n`);
    return measure.run(bench, proxy);
  }
}

function rotate<Item>(items: readonly Item[], by: number): Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

function report(what: string, sample: Readonly<Record<string, number>>): void {
  const numbers = Object.entries(sample).map(([key, value]) => `${key} ${Number(value.toPrecision(4))}`);
  process.stderr.write(`${what}: ${numbers.join(", ")}\n`);
}
