import { describe, expect, test } from "vitest";
import { isName, MAX_NAME_LENGTH } from "../../../shared/name.ts";

describe("isName()", () => {
  test.each(["a", "0", "acme", "host-1", "ws_1", "a-", "a".repeat(MAX_NAME_LENGTH)])("accepts %j", (text) => {
    expect(isName(text)).toBe(true);
  });

  test.each([
    "",
    "-a",
    "_a",
    "Acme",
    "a b",
    "a.b",
    "a/b",
    "a:b",
    "..",
    "a\n",
    "é",
    "a".repeat(MAX_NAME_LENGTH + 1),
  ])("refuses %j", (text) => {
    expect(isName(text)).toBe(false);
  });
});
