import { measureCpu } from "../../shared/processes/measure-cpu.ts";
import type { WrkLoad } from "../load/run-wrk.ts";
import { runWrk } from "../load/run-wrk.ts";
import type { Entrance } from "../proxies/proxy.ts";
import type { Measure } from "./measure.ts";

export const REQUEST_CONNECTIONS = 64;
const WARM_UP_SECONDS = 1;

export interface RequestMeasureOptions {
  readonly name: string;
  readonly title: string;
  readonly entrance: Entrance;
  readonly load: Partial<WrkLoad>;
}

/** Requests as fast as responses come. */
export function createRequestMeasure({ name, title, entrance, load }: RequestMeasureOptions): Measure {
  return {
    name,
    title,
    metrics: [
      { key: "perCpuSecond", label: "requests per CPU second", digits: 0 },
      { key: "cpuMicros", label: "CPU µs per request", digits: 1 },
      { key: "kernelMicros", label: "of these in the kernel", digits: 1 },
      { key: "perSecond", label: "requests/s", digits: 0 },
      { key: "busy", label: "share of its core used", digits: 2 },
    ],
    async run(bench, proxy) {
      const target = await proxy.target(entrance);
      const whole = { ...load, connections: REQUEST_CONNECTIONS };
      await runWrk(bench, target, { ...whole, seconds: WARM_UP_SECONDS });
      const { result, cpu, kernel } = await measureCpu(target.pid, () =>
        runWrk(bench, target, { ...whole, seconds: bench.options.seconds }),
      );
      const { requests, seconds } = result;
      return {
        perCpuSecond: requests / cpu,
        cpuMicros: (cpu * 1e6) / requests,
        kernelMicros: (kernel * 1e6) / requests,
        perSecond: requests / seconds,
        busy: cpu / seconds,
      };
    },
  };
}
