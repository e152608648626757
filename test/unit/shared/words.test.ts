import { describe, expect, test } from "vitest";
import { linkUrl, publicUrl } from "../../../shared/link/preview-url.ts";
import { AGENT_PORT, isPort, parsePort } from "../../../shared/port.ts";
import { wantsHtml } from "../../../shared/refusal/wants-html.ts";
import { parseSandboxId, sandboxIdFromBytes, sandboxIdToBytes } from "../../../shared/sandbox-id.ts";

const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";

describe("parsePort()", () => {
  test.each([
    ["1", 1],
    ["80", 80],
    ["3000", 3000],
    ["65535", 65_535],
  ])("reads %s", (text, expected) => {
    expect(parsePort(text)).toBe(expected);
  });

  test.each([
    "",
    "0",
    "00",
    "080",
    "65536",
    "99999",
    "100000",
    "+80",
    "-80",
    " 80",
    "80 ",
    "8e1",
    "0x50",
    "3.5",
    "80\n",
    "８０",
  ])("refuses %j", (text) => {
    expect(parsePort(text)).toBeUndefined();
  });
});

describe("isPort()", () => {
  test.each([1, 3000, 65_535])("accepts %s", (value) => expect(isPort(value)).toBe(true));
  test.each([0, -1, 65_536, 3.5, Number.NaN, Number.POSITIVE_INFINITY, "3000", null, undefined, {}])(
    "refuses %s",
    (value) => expect(isPort(value)).toBe(false),
  );
  test("knows the agent's port, below Linux's ephemeral range", () => {
    expect(isPort(AGENT_PORT)).toBe(true);
    expect(AGENT_PORT).toBeLessThan(32_768);
  });
});

describe("parseSandboxId()", () => {
  test("gives lower case back", () => {
    expect(parseSandboxId(ID)).toBe(ID);
    expect(parseSandboxId(ID.toUpperCase())).toBe(ID);
  });

  test.each([
    "",
    "x",
    ID.slice(1),
    `${ID}0`,
    ` ${ID}`,
    `${ID}\n`,
    `{${ID}}`,
    `urn:uuid:${ID}`,
    ID.replaceAll("-", ""),
    ID.replaceAll("-", "_"),
    ID.replace("f", "g"),
  ])("refuses %j", (text) => {
    expect(parseSandboxId(text)).toBeUndefined();
  });

  test("has 16 bytes, and sandboxIdFromBytes() is its inverse", () => {
    expect(sandboxIdToBytes(ID)).toHaveLength(16);
    expect(sandboxIdFromBytes(sandboxIdToBytes(ID))).toBe(ID);
    expect(sandboxIdFromBytes(new Uint8Array(16))).toBe("00000000-0000-0000-0000-000000000000");
  });
});

describe("preview URLs", () => {
  test("publicUrl() formats port, sandbox and suffix", () => {
    expect(publicUrl("https", "example.com", ID, 3000)).toBe(`https://3000-${ID}.example.com`);
    expect(publicUrl("http", "localhost:8787", ID, 80)).toBe(`http://80-${ID}.localhost:8787`);
  });

  test("linkUrl() formats token and suffix", () => {
    expect(linkUrl("https", "preview.example.com", "abc")).toBe("https://abc.preview.example.com");
  });
});

describe("wantsHtml()", () => {
  test.each([
    ["navigate", "*/*", true],
    ["navigate", null, true],
    ["cors", "text/html", false],
    ["no-cors", "text/html", false],
    ["websocket", null, false],
    ["", "text/html", false],
    [null, "text/html,application/xhtml+xml", true],
    [undefined, "application/json, text/html;q=0.9", true],
    [null, "TEXT/HTML", true],
    [null, "*/*", false],
    [null, "application/json", false],
    [null, "text/html5", false],
    [null, "application/text/html", false],
    [null, "", false],
    [null, null, false],
    [undefined, undefined, false],
  ])("sec-fetch-mode %j and accept %j: %j", (mode, accept, expected) => {
    expect(wantsHtml(mode, accept)).toBe(expected);
  });
});
