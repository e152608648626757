import { median } from "../shared/median.ts";
import { measureCpu } from "../shared/processes/measure-cpu.ts";
import { ProgramError } from "../shared/processes/process-group.ts";
import type { Bench } from "./bench.ts";
import { callEdge } from "./call-edge.ts";
import type { Case, CaseName } from "./cases.ts";
import { CASE_NAMES, createCases, createEdgeCases } from "./cases.ts";
import type { Round, Tally } from "./judge-goals.ts";
import { runPaced } from "./load/run-paced.ts";
import { runWrk } from "./load/run-wrk.ts";

const FIRST_WARM_UP_SECONDS = 2;
const WARM_UP_SECONDS = 1;
const COUNTED_SECONDS = 1;
const PACE_PER_SECOND = 100;

/** The share of its core that workerd has on a machine that does nothing else. */
const FULL_SHARE = 0.9;

/** Each round measures all cases in another order, because a case may affect the one after it. */
export async function measureRounds(bench: Bench): Promise<Round[]> {
  const cases = createCases(bench.previews);
  for (const each of cases) await warmUp(bench, each, FIRST_WARM_UP_SECONDS);
  const rounds: Round[] = [];
  const shares: number[] = [];
  for (let round = 0; round < bench.options.repeats; round++) {
    const micros: Partial<Record<CaseName, number>> = {};
    for (const each of shuffle(cases)) {
      const measured = await measureWithRetry(bench, each);
      micros[each.name] = measured.micros;
      shares.push(measured.share);
    }
    rounds.push(micros as Round);
    process.stderr.write(`${round + 1}/${bench.options.repeats} ${describe(micros)}\n`);
  }
  warnOfBusyCore(shares);
  return rounds;
}

/** Other processes on the core empty its caches, which costs some requests more than others. */
function warnOfBusyCore(shares: readonly number[]): void {
  const share = median(shares);
  if (share >= FULL_SHARE) return;
  const percent = Math.round(share * 100);
  process.stderr.write(
    `workerd had ${percent} % of its core, or of what it could ask for: read the ratios with care\n`,
  );
}

/** Responses while V8 compiles are not checked. V8 drops code that has not run for a while, so each case warms up again. */
async function warmUp(bench: Bench, each: Omit<Case, "title">, seconds: number): Promise<void> {
  try {
    await runWrk(bench.group, bench.options.loadCore, loadOf(bench, each, seconds));
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
  }
}

/** @returns workerd's CPU µs per request, and its share of its core */
async function measureCase(
  bench: Bench,
  each: Omit<Case, "title">,
): Promise<{ micros: number; share: number }> {
  const { group, options, pid } = bench;
  await warmUp(bench, each, WARM_UP_SECONDS);
  const { result, cpu } = await measureCpu(pid, () =>
    runWrk(group, options.loadCore, loadOf(bench, each, options.seconds)),
  );
  return { micros: (cpu * 1e6) / result.requests, share: cpu / result.seconds };
}

/** A measurement that fails is repeated once: on a busy machine one may fail, and a run is long. */
async function measureWithRetry(bench: Bench, each: Omit<Case, "title">) {
  try {
    return await measureCase(bench, each);
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    process.stderr.write(`${each.name}, once more: ${error.message}\n`);
    return measureCase(bench, each);
  }
}

/** Object calls and KV reads of each of the edge's cases at full load. */
export async function countCases(bench: Bench): Promise<Partial<Record<CaseName, Tally>>> {
  const tallies: Partial<Record<CaseName, Tally>> = {};
  for (const each of createEdgeCases(bench.countedPreviews, "countedEdge")) {
    await warmUp(bench, each, WARM_UP_SECONDS);
    const load = loadOf(bench, each, COUNTED_SECONDS);
    tallies[each.name] = await count(bench, async () => {
      const { requests } = await runWrk(bench.group, bench.options.loadCore, load);
      return requests;
    });
  }
  return tallies;
}

/** Object calls and KV reads of a leased hostname at 100 requests a second. */
export function countAt100(bench: Bench): Promise<Tally> {
  return count(bench, () =>
    runPaced({
      port: bench.ports.countedEdge,
      hostname: bench.countedPreviews.leasedPublic,
      perSecond: PACE_PER_SECOND,
      seconds: bench.options.countSeconds,
    }),
  );
}

async function count({ ports }: Bench, run: () => Promise<number>): Promise<Tally> {
  await takeTally(ports.countedEdge);
  const requests = await run();
  const counts = await takeTally(ports.countedEdge);
  const perThousand = (of: (name: string) => boolean) => {
    const names = Object.keys(counts).filter(of);
    return (names.reduce((sum, name) => sum + counts[name]!, 0) * 1000) / requests;
  };
  return {
    objectCalls: perThousand((name) => name.endsWith("calls")),
    kvReads: perThousand((name) => name.startsWith("worker kv")),
    objectKvReads: perThousand((name) => name.startsWith("object kv")),
  };
}

/** The counts since the last call. */
function takeTally(port: number): Promise<Record<string, number>> {
  return callEdge(port, { host: "tally", path: "/" });
}

function loadOf({ ports }: Bench, each: Omit<Case, "title">, seconds: number) {
  const { worker, hostnames, refused } = each;
  return { port: ports[worker], hostnames, seconds, ...(refused && { refused }) };
}

function shuffle<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((left, right) => left.at - right.at)
    .map(({ item }) => item);
}

function describe(micros: Readonly<Partial<Record<CaseName, number>>>): string {
  return CASE_NAMES.map((name) => `${name} ${micros[name]?.toFixed(1)}`).join(", ");
}
