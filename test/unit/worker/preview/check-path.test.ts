import { describe, expect, test } from "vitest";
import { checkPath } from "../../../../worker/preview/check-path.ts";
import { normalisePath } from "../../../../worker/preview/normalise-path.ts";

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
    ["/docs//a", ["/docs"]],
    ["/docs;v=1", ["/docs;v=1"]],
    ["/docs/a;v=1/..a/.b;c", ["/docs"]],
    ["/docs/100%25", ["/docs"]],
    ["/docs/100%25/a%2520b", ["/docs"]],
    ["/docs/a%20b%3Fc%23d%3Be", ["/docs"]],
    ["/caf%C3%A9/x", ["/caf%C3%A9"]],
    ["/caf%c3%a9", ["/caf%C3%A9"]],
    ["/docs/%E4%BD%A0%E5%A5%BD%E3%80%82%E2%80%A6", ["/docs"]],
    ["/docs/%ff%fe", ["/docs"]],
    ["/secret", undefined],
    ["/a/..;/b", undefined],
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
    ["dot segments with parameters", "/docs/..;/admin", ["/docs"]],
    ["dot segments with parameters at the end", "/docs/..;x=1", ["/docs"]],
    ["a single dot with parameters", "/docs/.;/a", ["/docs"]],
    ["encoded dot segments with parameters", "/docs/%2e%2e;x=1/admin", ["/docs"]],
    ["dot segments with encoded parameters", "/docs/..%3bx/admin", ["/docs"]],
    ["dot segments with parameters encoded in upper case", "/docs/%2E.%3B/admin", ["/docs"]],
    ["dot segments before an encoded slash", "/docs/..%2fadmin", ["/docs"]],
    ["dot segments before an encoded backslash", "/docs/..%5Cadmin", ["/docs"]],
    ["dot segments before an encoded query", "/docs/..%3f/admin", ["/docs"]],
    ["dot segments before an encoded fragment", "/docs/..%23/admin", ["/docs"]],
    ["dot segments before an encoded space", "/docs/..%20/admin", ["/docs"]],
    ["dot segments that are encoded twice", "/docs/%252e%252e/admin", ["/docs"]],
    ["dot segments that are encoded three times", "/docs/%25252e%25252e/admin", ["/docs"]],
    ["dot segments whose encoding is encoded", "/docs/%%32%65%25%32e/admin", ["/docs"]],
    ["a slash that is encoded twice", "/docs/a%252f..%252fb", ["/docs"]],
    ["what is encoded over and over", "/docs/%25252525252525252e", ["/docs"]],
    ["NUL", "/docs/..%00/admin", ["/docs"]],
    ["a tab between dots", "/docs/.%09./admin", ["/docs"]],
    ["line ends", "/docs/a%0d%0ab", ["/docs"]],
    ["DEL", "/docs/%7f", ["/docs"]],
    ["overlong dots", "/docs/%c0%ae%c0%ae/admin", ["/docs"]],
    ["overlong slashes of three and four bytes", "/docs/%e0%80%af%f0%80%80%af", ["/docs"]],
    ["full-width dots", "/docs/%ef%bc%8e%ef%bc%8e/x", ["/docs"]],
    ["a full-width slash", "/docs/..%ef%bc%8fx", ["/docs"]],
    ["a full-width backslash", "/docs/..%EF%BC%BCx", ["/docs"]],
    ["one character for two dots", "/docs/%e2%80%a5/x", ["/docs"]],
    ["a division slash", "/docs/..%e2%88%95x", ["/docs"]],
    ["full-width dots that are encoded twice", "/docs/%25ef%25bc%258e%25ef%25bc%258e/x", ["/docs"]],
    ["full-width dots that are not encoded", "/docs/．．/x", ["/docs"]],
    ["a full-width percent sign", "/docs/%ef%bc%852e%ef%bc%852e/x", ["/docs"]],
    ["a code unit that IIS decodes", "/docs/%u002e%u002e/x", ["/docs"]],
    ["another name by parameters", "/docs;/admin", ["/docs"]],
    ["ambiguity even where everything is open", "/a/%2e%2e/b", ["/"]],
  ])("refuses %s", (_case, pathname, paths) => {
    expect(checkPath(pathname, paths)).toMatchObject({ kind: "refusal", code: "path_not_allowed" });
  });

  test("names the first path that the link opens", () => {
    expect(checkPath("/secret", ["/docs", "/shop"])).toMatchObject({ allowedPath: "/docs" });
    expect(checkPath("/docs/%2e%2e/x", ["/docs"])).toMatchObject({ allowedPath: "/docs" });
    expect(checkPath("/docs", [])).toEqual({ kind: "refusal", code: "path_not_allowed" });
  });
});

describe("normalisePath()", () => {
  test.each([
    ["/", "/"],
    ["/docs/", "/docs/"],
    ["/café", "/caf%C3%A9"],
    ["/caf%c3%a9", "/caf%C3%A9"],
    ["//evil.test/a", "//evil.test/a"],
    ["/a@b:c", "/a@b:c"],
    ["/100%", "/100%"],
  ])("turns %s into %s", (path, normalised) => {
    expect(normalisePath(path)).toBe(normalised);
  });
});
