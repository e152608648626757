import type { JudgedGoal } from "../bench/shared/format-goals.ts";
import { formatTable } from "../bench/shared/format-table.ts";
import type { Figures } from "./figures.ts";

type Row = readonly [label: string, show: (figures: Figures) => string];

const ROWS: readonly Row[] = [
  ["visitors' requests", ({ requests }) => String(requests)],
  ["of these admitted, %", ({ admittedShare }) => (admittedShare * 100).toFixed(1)],
  ["under a limit that allows leases, %", ({ leasableShare }) => (leasableShare * 100).toFixed(1)],
  ["`Sandbox.admit` calls per 1 000 of these", ({ leasableAdmitCalls }) => showCount(leasableAdmitCalls)],
  ["per 1 000 requests of all: `Sandbox.admit` calls", ({ admitCalls }) => admitCalls.toFixed(0)],
  ["… all other object calls", ({ otherCalls }) => otherCalls.toFixed(0)],
  ["… alarms", ({ usage }) => usage.alarms.toFixed(1)],
  ["… seconds of objects", ({ usage }) => usage.objectSeconds.toFixed(1)],
  ["… objects woken from storage", ({ wakes }) => wakes.toFixed(0)],
  ["… calls of the API", ({ usage }) => usage.apiRequests.toFixed(0)],
  ["… KV reads", ({ usage }) => usage.kvReads.toFixed(1)],
  ["… KV writes, deletes and lists", ({ usage }) => countKvChanges(usage).toFixed(2)],
  ["… rows written", ({ usage }) => usage.rowsWritten.toFixed(0)],
  ["… rows read", ({ usage }) => usage.rowsRead.toFixed(0)],
  ["… lines of the log", ({ usage }) => usage.logLines.toFixed(0)],
  ["most calls in one second to one `Sandbox`", ({ peaks }) => String(peaks.SANDBOX ?? 0)],
  ["… one `Workspace`", ({ peaks }) => String(peaks.WORKSPACE ?? 0)],
  ["… one `Host`", ({ peaks }) => String(peaks.HOST ?? 0)],
  ["worst delay of a revocation, s", ({ worstRevocationS }) => showDelay(worstRevocationS)],
  ["worst delay of a limit change, s", ({ worstLimitChangeS }) => showDelay(worstLimitChangeS)],
  ["worst time until a silent host is refused, s", ({ worstSilenceS }) => showDelay(worstSilenceS)],
];

/** The figures of the scenarios, as a Markdown table. */
export function formatFigures(all: readonly Figures[]): string {
  const rows = ROWS.map(([label, show]) => [label, ...all.map(show)]);
  return formatTable([["", ...all.map(({ title }) => title)], ...rows]);
}

/** The object calls of one scenario, as a Markdown table. */
export function formatCalls({ calls }: Figures): string {
  const rows = Object.entries(calls)
    .sort(([, left], [, right]) => right - left)
    .map(([call, perThousand]) => [call, perThousand.toFixed(2)]);
  return formatTable([["object call", "per 1 000 requests"], ...rows]);
}

export function formatGoals(goals: readonly JudgedGoal[]): string {
  const rows = goals.map(({ measure, value, goal, met }) => [
    measure,
    value.toFixed(2),
    goal,
    met ? "met" : "missed",
  ]);
  return formatTable([["goal", "simulated", "wanted", ""], ...rows]);
}

function countKvChanges({ kvWrites, kvDeletes, kvLists }: Figures["usage"]): number {
  return kvWrites + kvDeletes + kvLists;
}

function showCount(count: number): string {
  return Number.isFinite(count) ? count.toFixed(0) : "–";
}

function showDelay(seconds: number | undefined): string {
  return seconds === undefined ? "–" : seconds.toFixed(1);
}
