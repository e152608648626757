import type { CauseCounts } from "./platform/cost-ledger.ts";
import type { ObjectKind } from "./platform/edge-modules.ts";
import { collectUsage } from "./price/collect-usage.ts";
import { estimateLogLines } from "./price/log-lines.ts";
import type { Price } from "./price/price-usage.ts";
import { priceUsage, sumPrice } from "./price/price-usage.ts";
import type { Usage } from "./price/usage.ts";
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
  /** What each kind of event has caused. */
  readonly causes: Readonly<Record<string, CauseCounts>>;
  /** Rows written by kind of object and place, then by cause. */
  readonly rows: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly wakes: number;
  /** Cloudflare's units, per 1 000 requests. */
  readonly usage: Usage;
  readonly price: Price;
  /** The whole price: as the edge writes its log; and if it sampled all refusals, or wrote a line for each. */
  readonly dollars: number;
  readonly dollarsWithFewestLines: number;
  readonly dollarsWithMostLines: number;
  readonly peaks: Readonly<Record<ObjectKind, number>>;
  readonly worstRevocationS: number | undefined;
  readonly worstLimitChangeS: number | undefined;
  readonly worstSilenceS: number | undefined;
  /** API calls that failed, first ones only. */
  readonly failures: readonly string[];
}

const MAX_FAILURES = 5;

export function collectFigures(world: World): Figures {
  const { scenario, objects, ledger, propagationCheck } = world;
  const { visits } = world.counts;
  const { requests } = visits;
  const { calls, wakes, peak } = objects.counts;
  const perThousand = (count: number) => (count * 1000) / requests;
  const perThousandEach = <Name extends string>(counts: Iterable<readonly [Name, number]>) =>
    Object.fromEntries([...counts].sort().map(([name, count]) => [name, perThousand(count)])) as Record<
      Name,
      number
    >;
  const usage = collectUsage(world);
  const admitCalls = calls.get("SANDBOX admit") ?? 0;
  return {
    title: scenario.title,
    requests,
    admittedShare: visits.admitted / requests,
    refused: perThousandEach(visits.refused),
    admitCalls: perThousand(admitCalls),
    leasableAdmitCalls: (visits.leasable.calls * 1000) / visits.leasable.requests,
    leasableShare: visits.leasable.requests / requests,
    otherCalls: perThousand(usage.objectCalls - admitCalls),
    calls: perThousandEach(calls),
    causes: Object.fromEntries(
      [...ledger.causes].map(([cause, counts]) => [
        cause,
        perThousandEach(Object.entries(counts)) as unknown as CauseCounts,
      ]),
    ),
    rows: Object.fromEntries([...ledger.rows].map(([place, byCause]) => [place, perThousandEach(byCause)])),
    wakes: perThousand(wakes),
    usage: perThousandEach(Object.entries(usage) as [keyof Usage, number][]),
    ...priceWithLog(world, usage),
    peaks: Object.fromEntries(peak),
    worstRevocationS: toSeconds(propagationCheck.worst("revocation")),
    worstLimitChangeS: toSeconds(propagationCheck.worst("limit change")),
    worstSilenceS: toSeconds(propagationCheck.worst("silent host")),
    failures: world.failures.slice(0, MAX_FAILURES),
  };
}

function priceWithLog({ log, scenario }: World, usage: Usage) {
  const { least, most } = estimateLogLines(log.counts, scenario.logSampleRate);
  const sumWith = (logLines: number) => sumPrice(priceUsage({ ...usage, logLines }));
  const price = priceUsage(usage);
  return {
    price,
    dollars: sumPrice(price),
    dollarsWithFewestLines: sumWith(least),
    dollarsWithMostLines: sumWith(most),
  };
}

function toSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
