import { describe, expect, test } from "vitest";
import { HEAD } from "../../../dev-servers/table/format-row.ts";
import { parseRows } from "../../../dev-servers/table/merge-tables.ts";
import { replaceRows } from "../../../dev-servers/table/write-document.ts";

const DOCUMENT = "before\n<!-- matrix writes from here -->\n\n<!-- to here -->\nafter\n";
const row = (name: string): string[] => [name, ...HEAD.slice(1)];

describe("replaceRows()", () => {
  test("writes the rows between the marks, and changes nothing else", () => {
    const text = replaceRows(DOCUMENT, [row("One")], ["One"]);
    expect(text).toMatch(/^before\n[\s\S]*\nafter\n$/);
    expect(parseRows(text)).toEqual([row("One")]);
  });

  test("keeps the rows of servers that were not run", () => {
    const first = replaceRows(DOCUMENT, [row("One")], ["One", "Two"]);
    expect(parseRows(replaceRows(first, [row("Two")], ["One", "Two"]))).toEqual([row("One"), row("Two")]);
  });

  test("throws where the document has no marks", () => {
    expect(() => replaceRows("text", [], [])).toThrow("docs/dev-servers.md must have");
  });
});
