import type { Figures } from "./figures.ts";
import { collectFigures } from "./figures.ts";
import { Changes } from "./load/changes.ts";
import { Churn } from "./load/churn.ts";
import { Owners } from "./load/owners.ts";
import { Traffic } from "./load/traffic.ts";
import type { EdgeModules } from "./platform/edge-modules.ts";
import { SimulatedTime } from "./platform/simulated-time.ts";
import type { Scenario } from "./scenario.ts";
import { createWorld } from "./world.ts";

/** Any moment after 2001, so that unix milliseconds have 13 digits. */
const START_MS = 1_800_000_000_000;
const EVICTION_INTERVAL_MS = 5_000;
const REPORT_INTERVAL_S = 10;

/** Simulates a scenario. @returns what it cost */
export async function simulate(modules: EdgeModules, scenario: Scenario): Promise<Figures> {
  const time = new SimulatedTime(START_MS);
  const wallFetch = globalThis.fetch;
  const { log, error } = console;
  try {
    const world = await createWorld(modules, scenario, time);
    globalThis.fetch = world.visitHost;
    console.log = console.error = world.recordEvent;
    const traffic = new Traffic(world);
    if (scenario.churn) {
      const owners = new Owners(world);
      new Churn(world, owners).start();
      new Changes(world, traffic, owners).start();
    }
    const endMs = time.nowMs + (scenario.warmUpS + scenario.seconds) * 1000;
    const countFromMs = time.nowMs + scenario.warmUpS * 1000;
    time.after(scenario.warmUpS * 1000, () => world.restartCounts());
    while (time.nowMs < endMs) {
      await time.step(() => traffic.arrive());
      if (time.nowMs % EVICTION_INTERVAL_MS === 0) world.objects.evictIdle();
      if (time.nowMs % (REPORT_INTERVAL_S * 1000) === 0)
        process.stderr.write(
          `${scenario.title}: ${(time.nowMs - countFromMs) / 1000} of ${scenario.seconds} s\n`,
        );
    }
    return collectFigures(world);
  } finally {
    globalThis.fetch = wallFetch;
    Object.assign(console, { log, error });
    time.remove();
  }
}
