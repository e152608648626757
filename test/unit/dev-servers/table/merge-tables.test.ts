import { describe, expect, test } from "vitest";
import { mergeRows, parseRows } from "../../../dev-servers/table/merge-tables.ts";

describe("parseRows()", () => {
  test("reads the cells of each row, with escaped bars", () => {
    const table = "| server | remark |\n| ------ | ------ |\n| One    | a \\| b |\n| Two    |        |";
    expect(parseRows(table)).toEqual([
      ["One", "a \\| b"],
      ["Two", ""],
    ]);
  });

  test("reads no row where there is no table", () => {
    expect(parseRows("\n\ntext\n")).toEqual([]);
  });
});

describe("mergeRows()", () => {
  test("replaces the rows that were run, keeps the others, and orders them", () => {
    const former = [
      ["Two", "old"],
      ["Gone", "old"],
      ["Three", "old"],
    ];
    const latest = [
      ["Three", "new"],
      ["One", "new"],
    ];
    expect(mergeRows(former, latest, ["One", "Two", "Three", "Four"])).toEqual([
      ["One", "new"],
      ["Two", "old"],
      ["Three", "new"],
    ]);
  });
});
