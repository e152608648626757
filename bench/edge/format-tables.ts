import { formatTable } from "../shared/format-table.ts";
import { CASE_TITLES, type CaseName } from "./cases.ts";
import { median, type Round, type Tally } from "./judge-goals.ts";

/** What each case cost, as a Markdown table. */
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

/** What one paced load asked for. */
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
