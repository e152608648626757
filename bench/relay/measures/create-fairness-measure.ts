import { setTimeout as pause } from "node:timers/promises";
import { measureCpu } from "../../shared/processes/measure-cpu.ts";
import type { Bench } from "../bench.ts";
import { runWire } from "../load/run-wire.ts";
import { runWrk } from "../load/run-wrk.ts";
import type { Target } from "../proxies/proxy.ts";
import { FILE_BYTES } from "../start-origins.ts";
import { REQUEST_CONNECTIONS } from "./create-request-measure.ts";
import type { Measure, Metric, Sample } from "./measure.ts";

/** How many transfers run at full speed beside the small responses. */
const TRANSFERS = [1, 8];
const PACED_PER_SECOND = 500;
/** Transfers begin before the first small request, and end after the last. */
const LEAD_SECONDS = 0.3;
const MIB = 1024 * 1024;

export interface FairnessMeasureOptions {
  readonly name: string;
  readonly verb: "download" | "upload";
  readonly tls: boolean;
}

interface Latencies {
  readonly p50: number;
  readonly p99: number;
}

/** How long one guest's small responses take while transfers of another guest use the proxy's whole core. */
export function createFairnessMeasure({ name, verb, tls }: FairnessMeasureOptions): Measure {
  return {
    name,
    title: `21-byte responses${tls ? " over TLS" : ""} beside ${verb}s of another guest`,
    metrics: TRANSFERS.flatMap(listMetrics),
    async run(bench, proxy) {
      const small = onlyOf(await proxy.target(tls ? "tls" : "plain"), 0);
      const bulk = onlyOf(await proxy.target(tls ? "tlsStream" : "stream"), 1);
      const sample: Record<string, number> = {};
      for (const transfers of TRANSFERS) {
        Object.assign(sample, await runBeside(bench, { verb, small, bulk, transfers }));
      }
      return sample;
    },
  };
}

/** Names of metrics that a goal of fairness takes together. */
export function fairnessKeys(percentile: "P50" | "P99"): string[] {
  return TRANSFERS.flatMap((transfers) => [
    `closed${percentile}Of${transfers}`,
    `paced${percentile}Of${transfers}`,
  ]);
}

function listMetrics(transfers: number): Metric[] {
  const beside = `beside ${transfers}`;
  return [
    {
      key: `closedP50Of${transfers}`,
      label: `${REQUEST_CONNECTIONS} connections ${beside}: p50, µs`,
      digits: 0,
    },
    { key: `closedP99Of${transfers}`, label: "p99, µs", digits: 0 },
    { key: `pacedP50Of${transfers}`, label: `${PACED_PER_SECOND} requests/s ${beside}: p50, µs`, digits: 0 },
    { key: `pacedP99Of${transfers}`, label: "p99, µs", digits: 0 },
    { key: `mibPerCpuSecondOf${transfers}`, label: "MiB per CPU second meanwhile", digits: 0 },
  ];
}

interface Beside {
  readonly verb: "download" | "upload";
  readonly small: Target;
  readonly bulk: Target;
  readonly transfers: number;
}

async function runBeside(bench: Bench, { verb, small, bulk, transfers }: Beside): Promise<Sample> {
  const { seconds } = bench.options;
  const load = { connections: REQUEST_CONNECTIONS, seconds };
  const beside = async <Result>(work: () => Promise<Result>) => {
    const transfer = runWire<{ bytes: number }>(bench, verb, bulk, {
      path: "/",
      bytes: FILE_BYTES,
      connections: transfers,
      seconds: seconds + 2 * LEAD_SECONDS,
    });
    await pause(LEAD_SECONDS * 1000);
    return Promise.all([work(), transfer]);
  };
  const [closed] = await beside(() => runWrk(bench, small, load));
  const { result, cpu } = await measureCpu(small.pid, () =>
    beside(() => runWire<Latencies>(bench, "paced", small, { ...load, rate: PACED_PER_SECOND })),
  );
  const [paced, { bytes }] = result;
  return {
    [`closedP50Of${transfers}`]: closed.p50,
    [`closedP99Of${transfers}`]: closed.p99,
    [`pacedP50Of${transfers}`]: paced.p50,
    [`pacedP99Of${transfers}`]: paced.p99,
    [`mibPerCpuSecondOf${transfers}`]: bytes / MIB / cpu,
  };
}

/** The target with the fields of one guest only, where its proxy needs fields. */
function onlyOf(target: Target, guest: number): Target {
  return { ...target, fields: [target.fields[guest % target.fields.length]!] };
}
