import { describe, expect, test } from "vitest";
import { parseLinkPath } from "../../../../worker/api/parse-link-path.ts";

describe("parseLinkPath()", () => {
  const token = `${"a2".repeat(31)}z`;
  const target = (path: string) =>
    parseLinkPath(new URL(path, "https://api.example.com"), "preview.example.com");

  test.each([
    [`/v1/p/${token}`, `https://${token}.preview.example.com/`],
    [`/v1/p/${token}/`, `https://${token}.preview.example.com/`],
    [`/v1/p/${token}/a/b?c=d&e`, `https://${token}.preview.example.com/a/b?c=d&e`],
    [`/v1/p/${token}?q`, `https://${token}.preview.example.com/?q`],
    [`/v1/p/${token.toUpperCase()}/A`, `https://${token}.preview.example.com/A`],
    [`/v1/p/${token}//evil.test/x`, `https://${token}.preview.example.com//evil.test/x`],
    [`/v1/p/${token}/%2e%2e%2fa`, `https://${token}.preview.example.com/%2e%2e%2fa`],
  ])("turns %s into %s", (path, expected) => {
    expect(target(path)).toBe(expected);
  });

  test("keeps scheme and port of a developer's machine", () => {
    const url = new URL(`http://api.localhost:8787/v1/p/${token}/x`);
    expect(parseLinkPath(url, "preview.localhost")).toBe(`http://${token}.preview.localhost:8787/x`);
  });

  test.each([
    "/v1/p/",
    "/v1/p/short/x",
    `/v1/p/${token}a`,
    `/v1/p/${token.slice(1)}`,
    `/v1/p/${token.slice(1)}0`,
    `/v1/p/${token.slice(1)}.`,
    `/v1/p/${token}@evil.test/`,
    `/v1/p/${token}.evil.test/`,
    `/x/v1/p/${token}/`,
  ])("refuses %s as link_invalid", (path) => {
    expect(target(path)).toEqual({ kind: "refusal", code: "link_invalid" });
  });
});
