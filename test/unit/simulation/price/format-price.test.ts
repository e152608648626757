import { describe, expect, test } from "vitest";
import type { Figures } from "../../../../simulation/figures.ts";
import { formatCauses, formatPrices, formatRows } from "../../../../simulation/price/format-price.ts";
import { PRICE_LIST } from "../../../../simulation/price/price-list.ts";

const figures = {
  title: "base",
  price: Object.fromEntries(Object.keys(PRICE_LIST).map((part) => [part, 0.01])),
  dollars: 0.17,
  dollarsWithFewestLines: 0.16,
  dollarsWithMostLines: 0.18,
  causes: {
    attach: { times: 10, objectCalls: 50, rowsWritten: 120, kvReads: 0 },
    visit: { times: 1_000, objectCalls: 500, rowsWritten: 100, kvReads: 80 },
    others: { times: 0, objectCalls: 5, rowsWritten: 0, kvReads: 0 },
  },
  rows: { "SANDBOX route": { attach: 10, detach: 12 }, "HOST guests": { attach: 30 } },
} as unknown as Figures;

/** The cells of a table's lines, without its head. */
function cells(table: string): string[][] {
  const lines = table.split("\n").slice(2);
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}

describe("formatPrices()", () => {
  test("has a line for each part that Cloudflare bills, then the sum and its range", () => {
    const lines = cells(formatPrices([figures, figures]));
    expect(lines).toHaveLength(Object.keys(PRICE_LIST).length + 3);
    expect(lines.at(-3)).toEqual(["**sum**", "**0.170**", "**0.170**"]);
    expect(lines.slice(-2).map(([, dollars]) => dollars)).toEqual(["0.160", "0.180"]);
  });
});

describe("formatCauses()", () => {
  test("gives what each event costs, the dearest first", () => {
    expect(cells(formatCauses(figures))).toEqual([
      ["visit", "1000.00", "0.50", "0.10", "0.08", (0.075 + 0.1 + 0.04).toFixed(4)],
      ["attach", "10.00", "5.00", "12.00", "0.00", (0.0075 + 0.12).toFixed(4)],
    ]);
  });
});

describe("formatRows()", () => {
  test("gives rows by place, and who has caused them", () => {
    expect(cells(formatRows(figures))).toEqual([
      ["HOST guests", "30.00", "attach 30.00"],
      ["SANDBOX route", "22.00", "detach 12.00, attach 10.00"],
    ]);
  });
});
