import { formatTable } from "../../bench/shared/format-table.ts";
import type { Figures } from "../figures.ts";
import type { CauseCounts } from "../platform/cost-ledger.ts";
import { PRICE_LIST } from "./price-list.ts";
import type { Price } from "./price-usage.ts";

const PARTS: Readonly<Record<keyof Price, string>> = {
  requests: "visitors' requests",
  cpuMs: "… CPU of the Worker for them",
  apiRequests: "calls of the API, by hosts, owners and admins",
  apiCpuMs: "… CPU of the Worker for them",
  objectCalls: "object calls",
  alarms: "alarms of objects",
  objectSeconds: "time of objects",
  rowsWritten: "rows written, keys and alarms included",
  rowsRead: "rows read",
  kvReads: "KV reads",
  kvWrites: "KV writes",
  kvDeletes: "KV deletes",
  kvLists: "KV lists",
  kvGbMonths: "storage of KV",
  liveGbMonths: "storage of objects",
  retainedGbMonths: "… of ended sandboxes, until they are forgotten",
  logLines: "lines of the log",
};

/** The parts of the price and their sum, in dollars per million requests of visitors, as a Markdown table. */
export function formatPrices(all: readonly Figures[]): string {
  const parts = Object.entries(PARTS).map(([part, label]) => [
    label,
    ...all.map(({ price }) => price[part as keyof Price].toFixed(4)),
  ]);
  const sums = [
    ["**sum**", ...all.map(({ dollars }) => `**${dollars.toFixed(3)}**`)],
    [
      "… if all refusals were sampled in the log",
      ...all.map((each) => each.dollarsWithFewestLines.toFixed(3)),
    ],
    ["… if each refusal wrote a line", ...all.map((each) => each.dollarsWithMostLines.toFixed(3))],
  ];
  return formatTable([["dollars per million requests", ...all.map(({ title }) => title)], ...parts, ...sums]);
}

/** What causes the use of objects and KV: how often, what each costs there, and its part of the price. */
export function formatCauses({ causes }: Figures): string {
  const rows = Object.entries(causes)
    .filter(([, { times }]) => times > 0)
    .sort(([, left], [, right]) => priceCause(right) - priceCause(left))
    .map(([cause, counts]) => [
      cause,
      counts.times.toFixed(2),
      each(counts, counts.objectCalls),
      each(counts, counts.rowsWritten),
      each(counts, counts.kvReads),
      priceCause(counts).toFixed(4),
    ]);
  return formatTable([
    ["cause", "per 1 000 requests", "object calls of each", "rows written", "KV reads", "$ per million"],
    ...rows,
  ]);
}

/** Rows written, by kind of object and key or table, as a Markdown table. */
export function formatRows({ rows }: Figures): string {
  const lines = Object.entries(rows)
    .map(([place, byCause]) => ({ place, byCause, sum: sum(Object.values(byCause)) }))
    .sort((left, right) => right.sum - left.sum)
    .map(({ place, byCause, sum: rowsWritten }) => [place, rowsWritten.toFixed(2), describe(byCause)]);
  return formatTable([["rows written", "per 1 000 requests", "of these"], ...lines]);
}

function describe(byCause: Readonly<Record<string, number>>): string {
  return Object.entries(byCause)
    .sort(([, left], [, right]) => right - left)
    .map(([cause, rows]) => `${cause} ${rows.toFixed(2)}`)
    .join(", ");
}

/** Object calls, rows and KV reads in dollars per million requests; counts are per 1 000. */
function priceCause({ objectCalls, rowsWritten, kvReads }: CauseCounts): number {
  const perThousand =
    objectCalls * PRICE_LIST.objectCalls +
    rowsWritten * PRICE_LIST.rowsWritten +
    kvReads * PRICE_LIST.kvReads;
  return perThousand * 1000;
}

function each({ times }: CauseCounts, count: number): string {
  return (count / times).toFixed(2);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
