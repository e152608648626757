import { expect, test } from "vitest";
import type { Figures } from "../../simulation/figures.ts";
import { judgeGoals } from "../../simulation/judge-goals.ts";
import { loadEdgeModules } from "../../simulation/platform/edge-modules.ts";
import { BASE } from "../../simulation/scenario.ts";
import { simulate } from "../../simulation/simulate.ts";

const SMALL = {
  ...BASE,
  fleet: { hosts: 5, sandboxesPerHost: 8, sandboxesPerWorkspace: 4 },
  perSecond: 200,
  isolates: 6,
  isolatesPerSandbox: 3,
  sandboxLifeS: 60,
  portChangesPerSecond: 1,
  revocations: 1,
  limitChanges: 2,
  silentHosts: 0,
  warmUpS: 2,
  seconds: 15,
};

/** What the price left out, in dollars per million requests: Cloudflare's prices times what was counted. */
function leftOut({ usage }: Figures): number {
  const perThousand =
    usage.rowsWritten * 1 +
    (usage.kvWrites + usage.kvDeletes + usage.kvLists) * 5 +
    usage.apiRequests * 0.3 +
    usage.apiCpuMs * 0.02 +
    usage.alarms * 0.15 +
    usage.logLines * 0.6 +
    (usage.liveGbMonths + usage.retainedGbMonths) * 0.2 * 1e6;
  return perThousand / 1_000;
}

test("6: bench:scale judges rows, KV writes, hosts' calls, tables, ended sandboxes and logs, too, against 0.80 $", async () => {
  const figures = await simulate(await loadEdgeModules(), SMALL);
  const { requests, cpuMs, objectCalls, objectSeconds, kvReads } = figures.price;
  const formerPrice = requests + cpuMs + objectCalls + objectSeconds + kvReads;
  expect(figures.rows["SANDBOX state"]?.attach).toBeGreaterThan(0);
  expect(figures.rows["SANDBOX schema"]?.attach, "tables that most sandboxes never need").toBeUndefined();
  const { attach } = figures.causes;
  expect(attach!.rowsWritten / attach!.times, "state, member, guest; it was 12").toBeLessThan(4);
  expect(figures.causes["visitors' requests"]?.kvReads, "limits are sent").toBe(0);
  expect(figures.usage.retainedGbMonths).toBeGreaterThan(0);
  const goal = judgeGoals(figures).find(({ measure }) => measure.startsWith("dollars"));
  expect(goal).toMatchObject({ goal: "≤ 0.8 $" });
  // Rows read and KV's storage are all that is neither in the former price nor named above.
  expect(goal?.value).toBeGreaterThanOrEqual(formerPrice + leftOut(figures) - 0.001);
});
