import { describe, expect, test } from "vitest";
import { areaPath, linePath, niceMax, sumBuckets } from "../../../dashboard/format/chart-path.ts";
import { formatAge } from "../../../dashboard/format/format-age.ts";
import { formatBytes } from "../../../dashboard/format/format-bytes.ts";
import { decodeBase64, formatHex } from "../../../dashboard/format/format-hex.ts";
import { parseLifetime } from "../../../dashboard/format/parse-lifetime.ts";
import { previewUrl } from "../../../dashboard/format/preview-url.ts";
import { readBody } from "../../../dashboard/format/read-body.ts";
import { splitList } from "../../../dashboard/format/split-list.ts";

describe("formatAge()", () => {
  test.each([
    [-4_000, "4 seconds ago"],
    [-80_000, "1 minute ago"],
    [7_200_000, "in 2 hours"],
    [-90_000_000, "yesterday"],
    [0, "now"],
  ])("of %i ms is %s", (deltaMs, expected) => {
    expect(formatAge(1_000_000_000_000 + deltaMs, 1_000_000_000_000)).toBe(expected);
  });

  test("of what is no time is unknown", () => {
    expect(formatAge("soon")).toBe("unknown");
  });
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1229, "1.2 KiB"],
  [65_536, "64 KiB"],
  [3 * 1024 ** 2, "3 MiB"],
])("formatBytes() of %i is %s", (bytes, expected) => {
  expect(formatBytes(bytes)).toBe(expected);
});

describe("formatHex()", () => {
  test("shows offset, bytes and printable characters, sixteen in a row", () => {
    const rows = formatHex(new Uint8Array([...new TextEncoder().encode("GET / HTTP/1.1\r\n"), 0xff])).split(
      "\n",
    );
    expect(rows).toEqual([
      "00000000  47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d 0a  GET / HTTP/1.1..",
      `00000010  ff${" ".repeat(45)}  .`,
    ]);
  });

  test("decodeBase64() refuses what is no base64", () => {
    expect(Array.from(decodeBase64("AP8="))).toEqual([0, 255]);
    expect(() => decodeBase64("*")).toThrow(TypeError);
  });
});

test.each([
  ["90m", 5_400],
  ["1d", 86_400],
  ["7d", 604_800],
  [" 30 S ", 30],
  ["3600", 3_600],
  ["8d", "must be 1 second to 7 days"],
  ["0", "must be 1 second to 7 days"],
  ["", "must be a number and s, m, h or d: 90m"],
  ["1.5h", "must be a number and s, m, h or d: 90m"],
  ["-1h", "must be a number and s, m, h or d: 90m"],
])("parseLifetime(%j) is %j", (text, expected) => {
  expect(parseLifetime(text)).toBe(expected);
});

test("splitList() takes lines and commas, and nothing for none", () => {
  expect(splitList(" /a\n\n/b, /c ")).toEqual(["/a", "/b", "/c"]);
  expect(splitList(" \n, ")).toBeUndefined();
});

test("previewUrl() has the scheme of the API", () => {
  expect(previewUrl("http://api.localhost:1", "localhost:1", "id", 80)).toBe("http://80-id.localhost:1");
  expect(previewUrl("https://api.example.com", "example.com", "id", 80)).toBe("https://80-id.example.com");
});

describe("chart", () => {
  test("sumBuckets() adds neighbours and loses nothing", () => {
    expect(sumBuckets([1, 2, 3, 4, 5], 2)).toEqual([6, 9]);
    expect(sumBuckets(Array(360).fill(1), 60)).toEqual(Array(60).fill(6));
    expect(sumBuckets([], 60)).toEqual([]);
  });

  test("linePath() and areaPath() fit the box, at most at its upper edge", () => {
    expect(linePath([0, 5, 50], 100, 10, 10)).toBe("M0 10L50 5L100 0");
    expect(areaPath([0, 10], 100, 10, 10)).toBe("M0 10L100 0L100 10L0 10Z");
    expect(linePath([1], 100, 10, 10)).toBe("");
    expect(linePath([0, 0], 100, 10, 0)).toBe("M0 10L100 10");
  });

  test.each([
    [0, 5],
    [5, 5],
    [7, 10],
    [120, 200],
    [501, 1000],
  ])("niceMax(%i) is %i", (value, expected) => {
    expect(niceMax(value)).toBe(expected);
  });
});

describe("readBody()", () => {
  const body = { bytes: 1, captured: true, truncated: false };
  test("indents JSON, and leaves what only claims to be JSON", () => {
    expect(readBody({ ...body, content_type: "application/json", text: '{"a":1}' })).toEqual({
      kind: "text",
      text: '{\n  "a": 1\n}',
    });
    expect(readBody({ ...body, content_type: "application/problem+json", text: "{" })).toEqual({
      kind: "text",
      text: "{",
    });
  });

  test("lists the fields of a form", () => {
    const type = "application/x-www-form-urlencoded; charset=utf-8";
    expect(readBody({ ...body, content_type: type, text: "a=1&a=%26" })).toEqual({
      kind: "form",
      entries: [
        ["a", "1"],
        ["a", "&"],
      ],
    });
  });

  test("draws images that run nothing, and shows all other bytes as hex", () => {
    expect(readBody({ ...body, content_type: "image/png", base64: "AA==" }).kind).toBe("image");
    for (const type of ["image/svg+xml", "text/html", "application/octet-stream"])
      expect(readBody({ ...body, content_type: type, base64: "AA==" }), type).toMatchObject({ kind: "text" });
    expect(readBody({ ...body, truncated: true, content_type: "image/png", base64: "AA==" }).kind).toBe(
      "text",
    );
  });

  test.each([
    ["deep arrays", "[".repeat(5_000) + "]".repeat(5_000)],
    [
      "brackets in a text before deep arrays",
      `["${"]".repeat(6_000)}",${"[".repeat(5_000)}${"]".repeat(5_000)}]`,
    ],
    ["long lists in deep arrays", `${"[".repeat(60)}${"1,".repeat(30_000)}1${"]".repeat(60)}`],
  ])("does not indent JSON that would take much memory: %s", (_what, text) => {
    expect(readBody({ ...body, content_type: "application/json", text })).toEqual({ kind: "text", text });
  });

  test("does not list a form of thousands of fields", () => {
    const text = "a&".repeat(30_000);
    const type = "application/x-www-form-urlencoded";
    expect(readBody({ ...body, content_type: type, text })).toEqual({ kind: "text", text });
  });

  test("shows HTML and scripts as text", () => {
    const text = "<script>alert(1)</script>";
    for (const type of ["text/html", "image/svg+xml", "text/javascript", ""])
      expect(readBody({ ...body, content_type: type, text })).toEqual({ kind: "text", text });
  });
});
