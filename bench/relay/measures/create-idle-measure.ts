import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { ProgramError } from "../../shared/processes/process-group.ts";
import { residentBytes } from "../../shared/processes/resident-bytes.ts";
import type { Bench } from "../bench.ts";
import { runWire, wireCommand } from "../load/run-wire.ts";
import type { Entrance, Target } from "../proxies/proxy.ts";
import { isTls } from "../proxies/proxy.ts";
import { startProxy } from "../proxies/start-proxy.ts";
import type { Measure } from "./measure.ts";

const TUNNELS = 4000;
const WARM_UP = { connections: 64, bytes: 32, seconds: 0.2 };
const SETTLE_MS = 1500;

/** The growth of a fresh process while tunnels are open and silent. */
export function createIdleMeasure(measureName: string, entrance: Entrance): Measure {
  return {
    name: measureName,
    title: `${TUNNELS} idle WebSocket tunnels${isTls(entrance) ? " over TLS" : ""}`,
    metrics: [{ key: "kibPerTunnel", label: "resident KiB per tunnel", digits: 1 }],
    async run(bench, { name }) {
      const proxy = await startProxy(bench, name);
      try {
        const target = await proxy.target(entrance);
        await runWire(bench, "echo", target, WARM_UP);
        await pause(SETTLE_MS);
        const before = residentBytes(target.pid);
        const growth = await withTunnels(bench, target, async () => {
          await pause(SETTLE_MS);
          return residentBytes(target.pid) - before;
        });
        return { kibPerTunnel: growth / 1024 / TUNNELS };
      } finally {
        await proxy.stop();
      }
    },
  };
}

async function withTunnels<Result>(
  bench: Bench,
  target: Target,
  look: () => Promise<Result>,
): Promise<Result> {
  const holder = bench.group.startWithPipes(wireCommand(bench, "idle", target, { connections: TUNNELS }), {
    name: "wire idle",
    core: bench.cores.load,
  });
  try {
    const ready = await Promise.race([once(holder.stdout!, "data"), once(holder, "exit").then(() => [])]);
    if (ready.length === 0) throw new ProgramError("the tunnels did not open; see above");
    return await look();
  } finally {
    await bench.group.stop(holder);
  }
}
