import { describe, expect, test } from "vitest";
import {
  isEmbedList,
  isEmbedOrigin,
  MAX_EMBED_ORIGIN_LENGTH,
  MAX_EMBED_ORIGINS,
} from "../../../../shared/link/embed-origin.ts";

const longest = `https://${`${"a".repeat(59)}.`.repeat(2)}`.slice(0, MAX_EMBED_ORIGIN_LENGTH);

describe("isEmbedOrigin()", () => {
  test.each([
    "https://app.example.org",
    "https://app.example.org:8443",
    "https://localhost:3000",
    "https://192.0.2.7",
    "https://xn--caf-dma.example",
    longest,
  ])("accepts %s", (text) => {
    expect(isEmbedOrigin(text)).toBe(true);
  });

  test.each([
    ["http", "http://app.example.org"],
    ["no scheme", "app.example.org"],
    ["a wildcard", "https://*.example.org"],
    ["any origin", "*"],
    ["a keyword", "'self'"],
    ["null", "null"],
    ["a path", "https://app.example.org/"],
    ["a query", "https://app.example.org?a"],
    ["upper case", "https://App.example.org"],
    ["the default port", "https://app.example.org:443"],
    ["a port with leading zeros", "https://app.example.org:08443"],
    ["a port beyond 65535", "https://app.example.org:65536"],
    ["user information", "https://a@app.example.org"],
    ["a second source", "https://a.example https://b.example"],
    ["another directive", "https://a.example; script-src *"],
    ["another policy", "https://a.example, default-src *"],
    ["another field", "https://a.example\r\nset-cookie: a=1"],
    ["a trailing newline", "https://a.example\n"],
    ["letters beyond ASCII", "https://café.example"],
    ["an address in short form", "https://192.0.519"],
    ["nothing", ""],
    ["no host", "https://"],
    ["one character too many", `${longest}a`],
  ])("refuses %s", (_case, text) => {
    expect(isEmbedOrigin(text)).toBe(false);
  });
});

describe("isEmbedList()", () => {
  test("accepts one to five origins", () => {
    for (const length of [1, MAX_EMBED_ORIGINS]) expect(isEmbedList(Array(length).fill(longest))).toBe(true);
  });

  test.each([
    ["none", []],
    ["six", Array(MAX_EMBED_ORIGINS + 1).fill(longest)],
    ["one that is no origin", [longest, "*"]],
    ["one that is no text", [1]],
    ["a text", longest],
    ["null", null],
    ["an object", { length: 1, 0: longest }],
  ])("refuses %s", (_case, value) => {
    expect(isEmbedList(value)).toBe(false);
  });
});
