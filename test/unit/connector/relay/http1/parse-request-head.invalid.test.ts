import { describe, expect, test } from "vitest";
import { parseRequestHead } from "../../../../../connector/relay/http1/parse-request-head.ts";
import { DEFAULT_RELAY_LIMITS } from "../../../../../connector/relay/limits.ts";

describe("parseRequestHead()", () => {
  test.for([
    ["nothing", "\r\n\r\n"],
    ["a line alone", "GET\r\n\r\n"],
    ["no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["an empty target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["a target beyond ASCII", "GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["the authority form", "GET a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"],
    ["a port of six digits", "GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n"],
    ["a Host beyond ASCII", "GET / HTTP/1.1\r\nHost: \xe9\r\n\r\n"],
    ["201 fields", `GET / HTTP/1.1\r\nHost: a\r\n${"x: 1\r\n".repeat(200)}\r\n`],
    ["a line feed for the colon's CR", "GET / HTTP/1.1\r\nHost: a\n\r\n\r\n"],
    ["an internal field twice", "GET / HTTP/1.1\r\nHost: a\r\npreview-pass: 1\r\nPreview-Pass: 1\r\n\r\n"],
    ["a Content-Length of 2^53", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9007199254740992\r\n\r\n"],
    ["Content-Length as a look-alike digit", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \xb2\r\n\r\n"],
  ] as const)("refuses %s", ([, text]) => {
    expect(parseRequestHead(text, DEFAULT_RELAY_LIMITS)).toEqual({
      kind: "refusal",
      code: "request_malformed",
    });
  });
});
