import type { World } from "../world.ts";
import { estimateLogLines } from "./log-lines.ts";
import { estimateLiveBytes, measureRetained } from "./object-storage.ts";
import type { Usage } from "./usage.ts";
import { toGbMonths } from "./usage.ts";

/** What the simulation has used in the time that is counted. Log lines as the edge writes them. */
export function collectUsage(world: World): Usage {
  const { scenario, objects, kv, fleet, formerState, log } = world;
  const { visits, apiCalls } = world.counts;
  const { calls, rowsRead, rowsWritten, busyMs, alarms } = objects.counts;
  const retained = measureRetained(endedSandboxes(world));
  const live = liveRecords(world);
  return {
    requests: visits.requests,
    cpuMs: visits.requests * scenario.cpuMsPerRequest,
    apiRequests: sum(apiCalls.values()),
    apiCpuMs: sum([...apiCalls].map(([call, count]) => count * cpuMsOf(call, scenario.apiCpuMs))),
    objectCalls: sum(calls.values()),
    // The alarm of each ended sandbox is due after the simulation. As many are due meanwhile, of others that ended before.
    alarms: alarms + retained.objects,
    objectSeconds: busyMs / 1000,
    rowsWritten,
    rowsRead,
    kvReads: kv.counts.reads,
    kvWrites: kv.counts.writes,
    kvDeletes: kv.counts.deletes,
    kvLists: kv.counts.lists,
    kvGbMonths: toGbMonths(formerState.policyBytes(), scenario.seconds),
    liveGbMonths: toGbMonths(estimateLiveBytes(live, fleet.objectCounts()), scenario.seconds),
    retainedGbMonths: toGbMonths(retained.byteSeconds, 1),
    logLines: estimateLogLines(log.counts, scenario.logSampleRate).expected,
  };
}

function* endedSandboxes({ objects, counts }: World) {
  for (const [sandboxId, endedAtMs] of counts.ended) {
    const record = objects.find("SANDBOX", sandboxId);
    if (record !== undefined) yield { storage: record.storage, endedAtMs };
  }
}

function* liveRecords({ objects, counts }: World) {
  for (const record of objects.records()) if (!counts.ended.has(record.name)) yield record;
}

function cpuMsOf(call: string, cpuMs: Readonly<Record<string, number>>): number {
  return cpuMs[call] ?? cpuMs.others ?? 0;
}

function sum(counts: Iterable<number>): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
