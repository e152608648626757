import { formatTable } from "../shared/format-table.ts";
import { median } from "../shared/median.ts";
import type { CaseName } from "./cases.ts";
import { CASE_TITLES } from "./cases.ts";
import type { Round, Tally } from "./judge-goals.ts";

/** The cost of each case, as a Markdown table. */
export function formatCosts(
  rounds: readonly Round[],
  calls: Readonly<Partial<Record<CaseName, Tally>>>,
): string {
  const rows = (Object.keys(CASE_TITLES) as CaseName[]).map((name) => {
    const micros = rounds.map((round) => round[name]);
    return [
      CASE_TITLES[name],
      median(micros).toFixed(1),
      `${Math.min(...micros).toFixed(1)}–${Math.max(...micros).toFixed(1)}`,
      median(rounds.map((round) => round[name] / round.floor)).toFixed(2),
      ...formatTally(calls[name]),
    ];
  });
  const heads = ["case", "CPU µs per request", "least–most", "÷ floor", ...TALLY_HEADS];
  return formatTable([heads, ...rows]);
}

const TALLY_HEADS = ["object calls", "KV reads", "KV reads by objects"];

/** The object calls and KV reads of one paced load, as a Markdown table. */
export function formatAt100(tally: Tally): string {
  return formatTable([
    ["per 1 000 requests", ...TALLY_HEADS],
    ["leased public hostname at 100/s", ...formatTally(tally)],
  ]);
}

function formatTally(tally: Tally | undefined): string[] {
  if (tally === undefined) return ["–", "–", "–"];
  return [tally.objectCalls, tally.kvReads, tally.objectKvReads].map((count) =>
    String(Number(count.toFixed(2))),
  );
}
