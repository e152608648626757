import { describe, expect, test } from "vitest";
import { createTokenSecret, parseTokenKind } from "../../../../worker/policy/token-secret.ts";

/** The same secret with one character changed. */
function mistype(secret: string, at: number): string {
  const wrong = secret.charAt(at) === "A" ? "B" : "A";
  return secret.slice(0, at) + wrong + secret.slice(at + 1);
}

describe("parseTokenKind()", () => {
  test.each(["workspace", "org", "enrolment"] as const)("recognises the token of a new %s", (kind) => {
    for (let count = 0; count < 50; count++) expect(parseTokenKind(createTokenSecret(kind))).toBe(kind);
  });

  test.each([
    ["the CRC-32 of zlib, in base62", "pvw_0JdG3rXbq1oSx5m8cVtYw2kLh7zUe4nPaRf9iQyB6DE0CXvZG", "workspace"],
    ["more characters", "pvw_0JdG3rXbq1oSx5m8cVtYw2kLh7zUe4nPaRf9iQyB6DE0CXvZGA", undefined],
    ["fewer characters", "pvw_0JdG3rXbq1oSx5m8cVtYw2kLh7zUe4nPaRf9iQyB6DE0CXvZ", undefined],
    ["nothing", "", undefined],
    ["a long text", `pvw_${"A".repeat(100_000)}`, undefined],
  ])("of %s", (_case, text, kind) => {
    expect(parseTokenKind(text)).toBe(kind);
  });

  test("finds every single wrong character", () => {
    const secret = createTokenSecret("workspace");
    for (let at = 0; at < secret.length; at++)
      expect(parseTokenKind(mistype(secret, at)), String(at)).toBeUndefined();
  });
});
