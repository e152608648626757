import { dollarsPerMillion, storageDollarsPerMillion } from "./cost.ts";
import type { ObjectKind } from "./platform/edge-modules.ts";
import type { World } from "./world.ts";

/** The figures of one simulation. Rates are per 1 000 requests of visitors. */
export interface Figures {
  readonly title: string;
  readonly requests: number;
  readonly admittedShare: number;
  /** Refusals by code, per 1 000 requests. */
  readonly refused: Readonly<Record<string, number>>;
  readonly admitCalls: number;
  /** Per 1 000 requests to sandboxes whose limit allows leases. */
  readonly leasableAdmitCalls: number;
  readonly leasableShare: number;
  /** Calls that follow from calls of hosts and API callers. */
  readonly otherCalls: number;
  /** All object calls by kind and method. */
  readonly calls: Readonly<Record<string, number>>;
  readonly kvReads: number;
  readonly kvWrites: number;
  readonly rowsWritten: number;
  readonly rowsRead: number;
  readonly alarms: number;
  readonly wakes: number;
  readonly hostCalls: number;
  readonly dollars: number;
  readonly storageDollars: number;
  readonly peaks: Readonly<Record<ObjectKind, number>>;
  readonly worstRevocationS: number | undefined;
  readonly worstLimitChangeS: number | undefined;
  readonly worstSilenceS: number | undefined;
  /** API calls that failed, first ones only. */
  readonly failures: readonly string[];
}

const MAX_FAILURES = 5;

export function collectFigures(world: World): Figures {
  const { scenario, visits, objects, kv, propagationCheck } = world;
  const { requests } = visits;
  const { calls, rows, busyMs, alarms, wakes, peak } = objects.counts;
  const perThousand = (count: number) => (count * 1000) / requests;
  const allCalls = [...calls.values()].reduce((sum, count) => sum + count, 0);
  const admitCalls = calls.get("SANDBOX admit") ?? 0;
  return {
    title: scenario.title,
    requests,
    admittedShare: visits.admitted / requests,
    refused: Object.fromEntries([...visits.refused].map(([code, count]) => [code, perThousand(count)])),
    admitCalls: perThousand(admitCalls),
    leasableAdmitCalls: (visits.leasable.calls * 1000) / visits.leasable.requests,
    leasableShare: visits.leasable.requests / requests,
    otherCalls: perThousand(allCalls - admitCalls),
    calls: Object.fromEntries([...calls].sort().map(([call, count]) => [call, perThousand(count)])),
    kvReads: perThousand(kv.counts.reads),
    kvWrites: perThousand(kv.counts.writes),
    rowsWritten: perThousand(rows.written),
    rowsRead: perThousand(rows.read),
    alarms: perThousand(alarms),
    wakes: perThousand(wakes),
    hostCalls: perThousand(world.hostCalls),
    dollars: dollarsPerMillion({
      requests,
      cpuMsPerRequest: scenario.cpuMsPerRequest,
      kvReads: kv.counts.reads,
      objectCalls: allCalls + alarms,
      objectSeconds: busyMs / 1000,
    }),
    storageDollars: storageDollarsPerMillion({
      requests,
      kvWrites: kv.counts.writes + kv.counts.lists,
      rowsWritten: rows.written,
      rowsRead: rows.read,
    }),
    peaks: {
      SANDBOX: peak.SANDBOX.load,
      WORKSPACE: peak.WORKSPACE.load,
      HOST: peak.HOST.load,
      ORG: peak.ORG.load,
    },
    worstRevocationS: toSeconds(propagationCheck.worst("revocation")),
    worstLimitChangeS: toSeconds(propagationCheck.worst("limit change")),
    worstSilenceS: toSeconds(propagationCheck.worst("silent host")),
    failures: world.failures.slice(0, MAX_FAILURES),
  };
}

function toSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
