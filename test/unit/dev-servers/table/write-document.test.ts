import { describe, expect, test } from "vitest";
import { replaceTable } from "../../../dev-servers/table/write-document.ts";

describe("replaceTable()", () => {
  test("replaces what stands between the marks, and nothing else", () => {
    const text = "before\n<!-- matrix writes from here -->\n\nold\n\n<!-- to here -->\nafter\n";
    expect(replaceTable(text, "new")).toBe(text.replace("old", "new"));
  });

  test("throws where the document has no marks", () => {
    expect(() => replaceTable("text", "new")).toThrow("docs/dev-servers.md must have");
  });
});
