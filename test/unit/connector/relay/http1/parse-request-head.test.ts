import { describe, expect, test } from "vitest";
import type { RequestHead } from "../../../../../connector/relay/http1/parse-request-head.ts";
import { parseRequestHead } from "../../../../../connector/relay/http1/parse-request-head.ts";
import { DEFAULT_RELAY_LIMITS } from "../../../../../connector/relay/limits.ts";
import { isRefusal } from "../../../../../shared/refusal/refusal.ts";

function parse(text: string): RequestHead {
  const head = parseRequestHead(text, DEFAULT_RELAY_LIMITS);
  if (isRefusal(head)) throw new Error(`refused: ${JSON.stringify(text)}`);
  return head;
}

const HANDSHAKE = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

describe("parseRequestHead()", () => {
  test.for([
    [
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      { method: "GET", target: "/", minor: 1, keepAlive: true, body: "none" },
    ],
    ["GET / HTTP/1.0\r\nHost: a\r\n\r\n", { minor: 0, keepAlive: false }],
    ["GET / HTTP/1.1\r\nHost: a:65535\r\n\r\n", {}],
    ["GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", {}],
    ["GET / HTTP/1.1\r\nhOsT:a_b.example\r\n\r\n", {}],
    ["GET http://A/x HTTP/1.1\r\nHost: a\r\n\r\n", { target: "/x" }],
    ["OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", { target: "*" }],
    ["M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n", { method: "M-SEARCH" }],
    ["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", { body: "length", bodyLength: 0 }],
    [
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9007199254740991\r\n\r\n",
      { body: "length", bodyLength: Number.MAX_SAFE_INTEGER },
    ],
    ["POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \tCHUNKED  \r\n\r\n", { body: "chunked" }],
    ["GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n", { keepAlive: false }],
    ["GET / HTTP/1.1\r\nHost: a\r\nConnection: , X-A ,,x-b\r\n\r\n", { hopByHop: ["x-a", "x-b"] }],
    ["POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n", { expectsContinue: true }],
    ["POST / HTTP/1.1\r\nHost: a\r\nExpect: something\r\n\r\n", { expectsContinue: false }],
    [
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${HANDSHAKE}\r\n`,
      { webSocketKey: "AAAAAAAAAAAAAAAAAAAAAA==" },
    ],
    [
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, upgrade\r\nUpgrade: WebSocket\r\n${HANDSHAKE}\r\n`,
      { webSocketKey: "AAAAAAAAAAAAAAAAAAAAAA==" },
    ],
    [
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket, h2c\r\n${HANDSHAKE}\r\n`,
      { webSocketKey: undefined },
    ],
    [
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n${HANDSHAKE}\r\n`,
      { webSocketKey: undefined },
    ],
    [
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${HANDSHAKE.replace("AA==", "AB==")}\r\n`,
      { webSocketKey: undefined },
    ],
  ] as const)("reads %j", ([text, expected]) => {
    expect(parse(text)).toMatchObject(expected);
  });

  test("reads 32 options of Connection", () => {
    expect(
      parse(`GET / HTTP/1.1\r\nHost: a\r\nConnection: ${"a,".repeat(31)}\r\n\r\n`).hopByHop,
    ).toHaveLength(31);
  });

  test("reads 200 fields", () => {
    expect(parse(`GET / HTTP/1.1\r\nHost: a\r\n${"x: 1\r\n".repeat(199)}\r\n`).fields).toHaveLength(200);
  });

  test("finds the first field of a name, in any case", () => {
    const head = parse("GET / HTTP/1.1\r\nHost: a\r\nX-A:  1 \r\nx-a: 2\r\n\r\n");
    expect(head.field("x-a")).toBe("1");
    expect(head.field("x-b")).toBeUndefined();
  });

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
    ["33 options of Connection", `GET / HTTP/1.1\r\nHost: a\r\nConnection: ${"a,".repeat(32)}\r\n\r\n`],
    ["33 Connections", `GET / HTTP/1.1\r\nHost: a\r\n${"Connection: close\r\n".repeat(33)}\r\n`],
    ["two Content-Types", `POST / HTTP/1.1\r\nHost: a\r\n${"Content-Type: a/b\r\n".repeat(2)}\r\n`],
    ["two Content-Types in one", "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: a/b, c/d\r\n\r\n"],
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
