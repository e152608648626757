import type { JudgedGoal } from "../shared/format-goals.ts";
import { median } from "../shared/median.ts";
import type { CaseName } from "./cases.ts";

/** CPU µs per request of each case in one round. */
export type Round = Readonly<Record<CaseName, number>>;

/** Object calls and KV reads of one load, per 1 000 requests. */
export interface Tally {
  readonly objectCalls: number;
  /** By the Worker: they delay its requests. */
  readonly kvReads: number;
  /** By objects: they delay no request. */
  readonly objectKvReads: number;
}

/**
 * The goals of the edge.
 *
 * @param rounds ratios are taken within each round, and of them the median: a disturbance of some seconds affects both
 *   sides of a ratio
 * @param at100 a leased hostname at 100 requests/s
 */
export function judgeGoals(rounds: readonly Round[], at100: Tally): JudgedGoal[] {
  const ratio = (of: CaseName, to: CaseName) => median(rounds.map((round) => round[of] / round[to]));
  return [
    judge("CPU per request, leased public ÷ floor", ratio("leasedPublic", "floor"), 1.25),
    judge("CPU per request, leased link ÷ floor", ratio("leasedLink", "floor"), 1.25),
    judge("CPU per request, unleased ÷ (floor + one call)", ratio("unleased", "floorCall"), 1.15),
    judge("CPU per request, remembered 429 ÷ floor", ratio("limited", "floor"), 0.6),
    judge("object calls per 1 000 requests, leased at 100/s", at100.objectCalls, 30),
    judge("KV reads per 1 000 requests, leased at 100/s", at100.kvReads, 0),
  ];
}

function judge(measure: string, value: number, limit: number): JudgedGoal {
  const rounded = Math.round(value * 1000) / 1000;
  return { measure, value: rounded, goal: `≤ ${limit}`, met: value <= limit };
}
