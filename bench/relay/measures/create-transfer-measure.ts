import { measureCpu } from "../../shared/processes/measure-cpu.ts";
import { runWire } from "../load/run-wire.ts";
import type { Entrance } from "../proxies/proxy.ts";
import { isTls } from "../proxies/proxy.ts";
import { FILE_BYTES, FILE_PATH } from "../start-origins.ts";
import type { Measure } from "./measure.ts";

const TRANSFER_CONNECTIONS = 4;
const WARM_UP_SECONDS = 0.3;
const MIB = 1024 * 1024;

export interface TransferMeasureOptions {
  readonly name: string;
  readonly verb: "download" | "upload";
  readonly entrance: Entrance;
}

/** 10 MiB bodies, one after the other on a few connections. */
export function createTransferMeasure({ name, verb, entrance }: TransferMeasureOptions): Measure {
  const path = verb === "download" ? FILE_PATH : "/";
  const load = { path, bytes: FILE_BYTES, connections: TRANSFER_CONNECTIONS };
  return {
    name,
    title: `10 MiB ${verb}s${isTls(entrance) ? " over TLS" : ""}, ${TRANSFER_CONNECTIONS} connections`,
    metrics: [
      { key: "mibPerCpuSecond", label: "MiB per CPU second", digits: 0 },
      { key: "mibPerSecond", label: "MiB/s", digits: 0 },
    ],
    async run(bench, proxy) {
      const target = await proxy.target(entrance);
      await runWire(bench, verb, target, { ...load, seconds: WARM_UP_SECONDS });
      const { result, cpu } = await measureCpu(target.pid, () =>
        runWire<{ bytes: number; seconds: number }>(bench, verb, target, {
          ...load,
          seconds: bench.options.seconds,
        }),
      );
      return {
        mibPerCpuSecond: result.bytes / MIB / cpu,
        mibPerSecond: result.bytes / MIB / result.seconds,
      };
    },
  };
}
