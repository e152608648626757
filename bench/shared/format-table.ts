/** A goal and the measured value. */
export interface JudgedGoal {
  readonly measure: string;
  /** A ratio, or a number in the goal's unit. */
  readonly value: number;
  readonly goal: string;
  readonly met: boolean;
}

export function formatGoals(goals: readonly JudgedGoal[]): string {
  const rows = goals.map(({ measure, value, goal, met }) => [
    measure,
    value.toFixed(2),
    goal,
    met ? "met" : "missed",
  ]);
  return formatTable([["goal", "measured", "wanted", ""], ...rows]);
}

export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map(
    (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`,
  );
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}
