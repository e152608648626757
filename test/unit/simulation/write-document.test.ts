import { describe, expect, test } from "vitest";
import { replaceTables } from "../../../simulation/write-document.ts";

describe("replaceTables()", () => {
  const text = "before\n<!-- bench:scale writes from here -->\nold\n<!-- to here -->\nafter\n";

  test("changes what is between the marks, and does so again", () => {
    const once = replaceTables(text, "new");
    expect(once).toContain("before");
    expect(once).toContain("after");
    expect(once).not.toContain("old");
    expect(replaceTables(once, "new")).toBe(once);
  });

  test("refuses a text without marks", () => {
    expect(() => replaceTables("nothing", "new")).toThrow("must have");
  });
});
