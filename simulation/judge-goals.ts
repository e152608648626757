import type { JudgedGoal } from "../bench/shared/format-goals.ts";
import type { Figures } from "./figures.ts";

interface Goal {
  readonly measure: string;
  readonly value: number | undefined;
  readonly bound: "<" | "≤";
  readonly limit: number;
  readonly unit: string;
}

/** The goals, of those figures that the simulation yielded. */
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
    // Everything that Cloudflare bills; hosts' calls and storage included.
    {
      measure: "dollars per million requests, everything included",
      value: figures.dollars,
      bound: "≤",
      limit: 0.8,
      unit: " $",
    },
  ];
  return goals.flatMap(({ measure, value, bound, limit, unit }) => {
    if (value === undefined) return [];
    const met = bound === "<" ? value < limit : value <= limit;
    return [{ measure, value: Math.round(value * 1000) / 1000, goal: `${bound} ${limit}${unit}`, met }];
  });
}
