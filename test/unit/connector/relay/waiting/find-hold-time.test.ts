import { describe, expect, test } from "vitest";
import type { RequestHead } from "../../../../../connector/relay/http1/parse-request-head.ts";
import { parseRequestHead } from "../../../../../connector/relay/http1/parse-request-head.ts";
import { DEFAULT_RELAY_LIMITS } from "../../../../../connector/relay/limits.ts";
import { findHoldTime } from "../../../../../connector/relay/waiting/find-hold-time.ts";
import { isRefusal } from "../../../../../shared/refusal/refusal.ts";
import { HANDSHAKE } from "../../../../support/relay/relay-stage.ts";

function holdTimeOf(text: string): number {
  const head: RequestHead | { kind: "refusal" } = parseRequestHead(text, DEFAULT_RELAY_LIMITS);
  if (isRefusal(head)) throw new Error(text);
  return findHoldTime(head as RequestHead, DEFAULT_RELAY_LIMITS);
}

const head = (method: string, fields = "") => `${method} / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;

describe("findHoldTime()", () => {
  test.each([
    ["a GET that prefers to wait", head("GET", "Prefer: wait=3\r\n"), 3_000],
    ["one that would wait longer than may be", head("GET", "Prefer: wait=11\r\n"), 10_000],
    ["one that names it in a second field", head("GET", "Prefer: a\r\nPrefer: wait=2\r\n"), 2_000],
    ["one with an empty body", head("GET", "Prefer: wait=3\r\nContent-Length: 0\r\n"), 3_000],
    ["an upgrade", HANDSHAKE, 5_000],
  ])("is that of %s", (_case, text, holdMs) => {
    expect(holdTimeOf(text)).toBe(holdMs);
  });

  test.each([
    ["a plain GET", head("GET")],
    ["a navigation", head("GET", "Sec-Fetch-Mode: navigate\r\nAccept: text/html\r\n")],
    ["a malformed preference", head("GET", "Prefer: wait=soon\r\n")],
    ["no time", head("GET", "Prefer: wait=0\r\n")],
    ["a HEAD", head("HEAD", "Prefer: wait=3\r\n")],
    ["an OPTIONS", head("OPTIONS", "Prefer: wait=3\r\n")],
    ["a POST without a body", head("POST", "Prefer: wait=3\r\n")],
    ["a POST", head("POST", "Prefer: wait=3\r\nContent-Length: 5\r\n")],
    ["a GET with a body", head("GET", "Prefer: wait=3\r\nContent-Length: 5\r\n")],
    ["a GET with a chunked body", head("GET", "Prefer: wait=3\r\nTransfer-Encoding: chunked\r\n")],
    ["an upgrade to something else", head("GET", "Connection: Upgrade\r\nUpgrade: h2c\r\n")],
  ])("is none for %s", (_case, text) => {
    expect(holdTimeOf(text)).toBe(0);
  });
});
