import type { JudgedGoal } from "../bench/shared/format-table.ts";
import type { Figures } from "./figures.ts";

interface Goal {
  readonly measure: string;
  readonly value: number | undefined;
  readonly bound: "<" | "≤";
  readonly limit: number;
  readonly unit: string;
}

/** Goals of the whole, as far as what they need was seen. */
export function judgeGoals(figures: Figures): JudgedGoal[] {
  const busiest = Math.max(...Object.values(figures.peaks));
  const goals: Goal[] = [
    {
      measure: "calls of the busiest object in one second",
      value: busiest,
      bound: "<",
      limit: 500,
      unit: "/s",
    },
    {
      measure: "worst delay of a revocation",
      value: figures.worstRevocationS,
      bound: "≤",
      limit: 5,
      unit: " s",
    },
    {
      measure: "worst delay of a limit change",
      value: figures.worstLimitChangeS,
      bound: "≤",
      limit: 60,
      unit: " s",
    },
    // One object call for each request, and nothing else: what leases are there to undercut.
    {
      measure: "dollars per million requests",
      value: figures.dollars,
      bound: "≤",
      limit: 0.47,
      unit: " $",
    },
  ];
  return goals.flatMap(({ measure, value, bound, limit, unit }) => {
    if (value === undefined) return [];
    const met = bound === "<" ? value < limit : value <= limit;
    return [{ measure, value: Math.round(value * 1000) / 1000, goal: `${bound} ${limit}${unit}`, met }];
  });
}
