import type { JudgedGoal } from "./judge-goals.ts";
import type { Measure } from "./measures/measure.ts";
import type { ProxyName } from "./proxies/proxy.ts";
import type { Results } from "./results.ts";

/** What was measured, a row for each metric, as a Markdown table. */
export function formatResults(
  results: Results,
  measures: readonly Measure[],
  proxies: readonly ProxyName[],
): string {
  const rows = measures.flatMap(({ name, title, metrics }) =>
    metrics.map(({ key, label, digits }, index) => [
      index === 0 ? title : "",
      label,
      ...proxies.map((proxy) => results.median(name, proxy, key)?.toFixed(digits) ?? "–"),
    ]),
  );
  return formatTable([["load", "measured", ...proxies], ...rows]);
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
