import { runWire } from "../load/run-wire.ts";
import { runWrk } from "../load/run-wrk.ts";
import type { Target } from "../proxies/proxy.ts";
import { REQUEST_CONNECTIONS } from "./create-request-measure.ts";
import type { Measure } from "./measure.ts";

const PROBE_SECONDS = 1;

interface PacedResult {
  readonly p50: number;
  readonly p99: number;
}

/** The time that a proxy adds to a response, at half of the rate that it can reach, against no proxy at that rate. */
export const latencyMeasure: Measure = {
  name: "latency",
  title: "added latency at half load, 64 connections",
  metrics: [
    { key: "addedP50", label: "added p50, µs", digits: 0 },
    { key: "addedP99", label: "added p99, µs", digits: 0 },
    { key: "directP99", label: "p99 without a proxy, µs", digits: 0 },
    { key: "rate", label: "at requests/s", digits: 0 },
  ],
  async run(bench, proxy) {
    const target = await proxy.target("plain");
    const origin: Target = { port: bench.origins.responses, tls: false, pid: process.pid, fields: [[]] };
    const probe = await runWrk(bench, target, { connections: REQUEST_CONNECTIONS, seconds: PROBE_SECONDS });
    const rate = probe.requests / probe.seconds / 2;
    const load = { connections: REQUEST_CONNECTIONS, rate, seconds: bench.options.seconds };
    const direct = await runWire<PacedResult>(bench, "paced", origin, load);
    const proxied = await runWire<PacedResult>(bench, "paced", target, load);
    return {
      addedP50: proxied.p50 - direct.p50,
      addedP99: proxied.p99 - direct.p99,
      directP99: direct.p99,
      rate,
    };
  },
};
