import { measureCpu } from "../../shared/processes/measure-cpu.ts";
import { runWire } from "../load/run-wire.ts";
import type { Entrance } from "../proxies/proxy.ts";
import { isTls } from "../proxies/proxy.ts";
import type { Measure } from "./measure.ts";

const TUNNELS = 64;
const MESSAGE_BYTES = 32;
const WARM_UP_SECONDS = 0.5;

/** Messages that come back, on tunnels that each wait for theirs. */
export function createEchoMeasure(name: string, entrance: Entrance): Measure {
  return {
    name,
    title: `WebSocket echo of ${MESSAGE_BYTES} bytes${isTls(entrance) ? " over TLS" : ""}, ${TUNNELS} tunnels`,
    metrics: [
      { key: "perCpuSecond", label: "echoes per CPU second", digits: 0 },
      { key: "perSecond", label: "echoes/s", digits: 0 },
      { key: "busy", label: "share of its core used", digits: 2 },
    ],
    async run(bench, proxy) {
      const target = await proxy.target(entrance);
      const load = { connections: TUNNELS, bytes: MESSAGE_BYTES };
      await runWire(bench, "echo", target, { ...load, seconds: WARM_UP_SECONDS });
      const { result, cpu } = await measureCpu(target.pid, () =>
        runWire<{ messages: number; seconds: number }>(bench, "echo", target, {
          ...load,
          seconds: bench.options.seconds,
        }),
      );
      return {
        perCpuSecond: result.messages / cpu,
        perSecond: result.messages / result.seconds,
        busy: cpu / result.seconds,
      };
    },
  };
}
