import { formatTable } from "./format-table.ts";

/** A goal and the measured value. */
export interface JudgedGoal {
  readonly measure: string;
  /** A ratio, or a number in the goal's unit. */
  readonly value: number;
  readonly goal: string;
  readonly met: boolean;
}

/** Goals and measured values, as a Markdown table. */
export function formatGoals(goals: readonly JudgedGoal[]): string {
  const rows = goals.map(({ measure, value, goal, met }) => [
    measure,
    value.toFixed(2),
    goal,
    met ? "met" : "missed",
  ]);
  return formatTable([["goal", "measured", "wanted", ""], ...rows]);
}
