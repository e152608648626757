import { describe, expect, test } from "vitest";
import { replaceOnce } from "../../../dev-servers/project/project.ts";

describe("replaceOnce()", () => {
  test("replaces the first occurrence, with `$` as it stands", () => {
    expect(replaceOnce("a.ts", "one two one", { from: "one", to: "$&" })).toBe("$& two one");
  });

  test("throws where the template has changed and the text is not there", () => {
    expect(() => replaceOnce("a.ts", "two", { from: "one", to: "three" })).toThrow(
      'a.ts does not contain "one"',
    );
  });
});
