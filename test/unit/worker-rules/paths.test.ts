import { describe, expect, test } from "vitest";
import { parseLinkPath } from "../../../worker/api/parse-link-path.ts";
import { checkPath } from "../../../worker/check-path.ts";

describe("checkPath()", () => {
  test.each([
    ["/docs", ["/docs"]],
    ["/docs/", ["/docs"]],
    ["/docs/a/b", ["/docs"]],
    ["/docs", ["/docs/"]],
    ["/docs/a", ["/docs/"]],
    ["/b", ["/a", "/b"]],
    ["/anything/at/all", ["/"]],
    ["/a..b/...", ["/a..b"]],
    ["/secret", undefined],
    ["/a%2fb", undefined],
  ])("opens %s with %j", (pathname, paths) => {
    expect(checkPath(pathname, paths)).toBeUndefined();
  });

  test.each([
    ["a sibling", "/secret", ["/docs"]],
    ["a longer name", "/docs2", ["/docs"]],
    ["the root", "/", ["/docs"]],
    ["another case", "/DOCS", ["/docs"]],
    ["no path at all", "/docs", []],
    ["an encoded slash", "/docs%2f..%2fsecret", ["/docs"]],
    ["an encoded slash in upper case", "/docs/%2F", ["/docs"]],
    ["an encoded backslash", "/docs/%5c..%5csecret", ["/docs"]],
    ["a backslash", "/docs/..\\secret", ["/docs"]],
    ["dot segments", "/docs/../secret", ["/docs"]],
    ["encoded dot segments", "/docs/%2e%2E/secret", ["/docs"]],
    ["half-encoded dot segments", "/docs/.%2e", ["/docs"]],
    ["a single dot", "/docs/./a", ["/docs"]],
    ["ambiguity even where everything is open", "/a/%2e%2e/b", ["/"]],
  ])("refuses %s", (_case, pathname, paths) => {
    expect(checkPath(pathname, paths)).toEqual({ refused: "path_not_allowed" });
  });
});

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
  ])("sends %s on", (path, expected) => {
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
  ])("refuses %s as link_malformed", (path) => {
    expect(target(path)).toEqual({ refused: "link_malformed" });
  });
});
