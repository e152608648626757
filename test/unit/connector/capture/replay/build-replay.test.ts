import { describe, expect, test } from "vitest";
import type { CapturedExchange } from "../../../../../connector/capture/captured-exchange.ts";
import { buildReplay } from "../../../../../connector/capture/replay/build-replay.ts";
import { DEFAULT_RELAY_LIMITS } from "../../../../../connector/relay/limits.ts";
import type { ReplayOverrides } from "../../../../../shared/protocol/request-log.ts";

const HEAD = "POST /hooks HTTP/1.1\r\nHost: localhost:3000\r\nx-a: 1\r\nX-A: 2\r\ncookie: s\r\n";

function exchange(framing: string, kept: string, facts: Partial<CapturedExchange> = {}): CapturedExchange {
  const body = { kept, total: kept.length, chunked: framing.startsWith("Transfer"), captured: true };
  return {
    id: "m00000000001",
    requestHead: `${HEAD}${framing}\r\n\r\n`,
    requestBody: body,
    responseHead: "HTTP/1.1 200 OK\r\n\r\n",
    ...facts,
  } as CapturedExchange;
}

const LENGTH = exchange("Content-Length: 2", "hi");

function build(overrides: ReplayOverrides = {}, original = LENGTH) {
  return buildReplay(original, overrides, DEFAULT_RELAY_LIMITS);
}

describe("buildReplay()", () => {
  test("writes the request as it was, secrets included", () => {
    expect(build()).toMatchObject({ head: `${HEAD}Content-Length: 2\r\n\r\n`, body: Buffer.from("hi") });
  });

  test("keeps the chunked coding of a body that is not changed", () => {
    const original = exchange("Transfer-Encoding: chunked", "1\r\nh\r\n1\r\ni\r\n0\r\n\r\n");
    expect(build({}, original)).toMatchObject({
      head: `${HEAD}Transfer-Encoding: chunked\r\n\r\n`,
      body: Buffer.from("2\r\nhi\r\n0\r\n\r\n"),
    });
    expect(build({ body: "" }, original)).toMatchObject({ head: `${HEAD}Content-Length: 0\r\n\r\n` });
  });

  test("changes method, path, fields and body", () => {
    const headers = { "X-A": "3", cookie: null, "x-new": "4" };
    expect(build({ method: "PUT", path: "/b?c", headers, body: "ü" })).toMatchObject({
      head: "PUT /b?c HTTP/1.1\r\nHost: localhost:3000\r\nx-a: 3\r\nx-new: 4\r\nContent-Length: 2\r\n\r\n",
      body: Buffer.from("ü"),
    });
  });

  test.each([
    ["host", "internal"],
    ["Content-Length", "5"],
    ["transfer-encoding", "chunked"],
    ["content_length", "5"],
    ["Connection", "x-a"],
    ["upgrade", "websocket"],
    ["expect", "100-continue"],
    ["preview-pass", "x"],
    ["x-forwarded-for", "127.0.0.1"],
    ["te", "trailers"],
    ["a b", "x"],
    ["", "x"],
    ["x-b", "1\r\nx-c: 2"],
    ["x-b", "1\n"],
    ["x-b", "1\0"],
    ["x-b", "€"],
  ])("refuses to set %j to %j, by its name", (name, value) => {
    expect(build({ headers: { [name]: value } })).toMatchObject({
      refusal: { code: "request_invalid", errors: [{ path: `/headers/${name}` }] },
    });
  });

  test.each<ReplayOverrides>([
    { method: "CONNECT" },
    { method: "GET / HTTP/1.1\r\nx" },
    { path: "/a b" },
    { path: "/\r\nx: y" },
    { path: "http://internal/" },
    { path: "/#x" },
    { headers: { "x-b": "a".repeat(33 * 1024) } },
    { body: "a".repeat(65_537) },
    { body: "a", body_base64: "YQ==" },
  ])("refuses what makes no request: %j", (overrides) => {
    expect(build(overrides)).toMatchObject({ refusal: { code: "request_invalid" } });
  });

  test.each<[string, CapturedExchange]>([
    [
      "that was cut",
      exchange("Content-Length: 9", "hi", { requestBody: { ...LENGTH.requestBody, total: 9 } }),
    ],
    [
      "that was not kept",
      exchange("Content-Length: 2", "hi", {
        requestBody: { ...LENGTH.requestBody, kept: "", captured: false },
      }),
    ],
  ])("refuses a body %s, unless another one is named", (_what, original) => {
    expect(build({}, original)).toMatchObject({ refusal: { code: "conflict" } });
    expect(build({ body: "x" }, original)).toMatchObject({ body: Buffer.from("x") });
  });

  test.each<[string, CapturedExchange]>([
    ["a length", exchange("Content-Length: 9", "hi")],
    ["a length of which nothing came", exchange("Content-Length: 9", "")],
    ["chunks without the last one", exchange("Transfer-Encoding: chunked", "2\r\nhi\r\n")],
    ["a chunk that was cut", exchange("Transfer-Encoding: chunked", "9\r\nhi")],
    ["a last chunk without its end", exchange("Transfer-Encoding: chunked", "2\r\nhi\r\n0\r\n")],
    ["chunks of which nothing came", exchange("Transfer-Encoding: chunked", "")],
  ])("refuses a body that did not come whole, with %s, unless another one is named", (_what, original) => {
    expect(build({}, original)).toMatchObject({ refusal: { code: "conflict" } });
    expect(build({ body: "x" }, original)).toMatchObject({ body: Buffer.from("x") });
  });

  test.each([
    ["a length of nothing", exchange("Content-Length: 0", "")],
    ["a last chunk with trailers", exchange("Transfer-Encoding: chunked", "0\r\nx: y\r\n\r\n")],
  ])("sends a body with %s as it was", (_what, original) => {
    expect(build({}, original)).not.toHaveProperty("refusal");
  });

  test("refuses a WebSocket, whatever is named", () => {
    const original = exchange("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "");
    expect(build({ body: "x" }, original)).toMatchObject({ refusal: { code: "conflict" } });
  });
});
