import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Stage } from "./stage.ts";
import { responseOf } from "./stage.ts";

/** More than the kernel holds between two sockets on loopback. */
const SLOW_BODY_BYTES = 12_000_000;

/** Small and large pieces that come one by one; a relay may buffer several of them. */
const SLOW_PIECE_BYTES = [12 * 1024, 31 * 1024];

/** Each piece differs from every other one, of other visitors too. */
function slowBody(visitor: number): Buffer[] {
  const pieceBytes = SLOW_PIECE_BYTES[visitor % SLOW_PIECE_BYTES.length]!;
  return Array.from({ length: Math.ceil(SLOW_BODY_BYTES / pieceBytes) }, (_, index) =>
    Buffer.alloc(pieceBytes, `${visitor}:${index};`),
  );
}

/** What a hostile or broken guest sends in place of a response; the connection stays open behind it. */
const BROKEN: readonly (readonly [criterion: string, response: string])[] = [
  // RFC 9112, section 4: status line
  ["no HTTP at all", "Unauthorized"],
  ["another protocol", "SSH-2.0-OpenSSH_9.2\r\n"],
  ["HTTP/0.9", "HTTP/0.9 200 OK\r\n\r\n"],
  ["HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n"],
  ["HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n"],
  ["a lower-case version", "http/1.1 200 OK\r\n\r\n"],
  ["status 099", "HTTP/1.1 099 OK\r\n\r\n"],
  ["status 600", "HTTP/1.1 600 OK\r\n\r\n"],
  ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
  ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
  ["a status that is no number", "HTTP/1.1 2x0 OK\r\n\r\n"],
  ["two spaces before the status", "HTTP/1.1  200 OK\r\n\r\n"],
  ["a control character in the reason", "HTTP/1.1 200 O\x01K\r\n\r\n"],
  // section 5: fields
  ["a bare LF after a field", "HTTP/1.1 200 OK\r\nx: 1\ncontent-length: 0\r\n\r\n"],
  ["bare LFs only", "HTTP/1.1 200 OK\ncontent-length: 0\n\n"],
  ["a bare CR in a value", "HTTP/1.1 200 OK\r\nx: a\rb\r\n\r\n"],
  ["a NUL in a value", "HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n"],
  ["a space before the colon", "HTTP/1.1 200 OK\r\nx : 1\r\n\r\n"],
  ["an empty name", "HTTP/1.1 200 OK\r\n: 1\r\n\r\n"],
  ["no colon", "HTTP/1.1 200 OK\r\nx\r\n\r\n"],
  ["a folded field", "HTTP/1.1 200 OK\r\nx: a\r\n b\r\n\r\n"],
  ["more than 200 fields", `HTTP/1.1 200 OK\r\n${"x: 1\r\n".repeat(201)}\r\n`],
  ["a head of more than 64 KiB", `HTTP/1.1 200 OK\r\nx: ${"a".repeat(65 * 1024)}`],
  [
    "more than 32 options of Connection",
    `HTTP/1.1 200 OK\r\nconnection: ${"a,".repeat(32)}\r\ncontent-length: 0\r\n\r\n`,
  ],
  // section 6: framing
  ["another coding than chunked", "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n"],
  ["gzip, chunked", "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n"],
  ["two Transfer-Encodings", `HTTP/1.1 200 OK\r\n${"transfer-encoding: chunked\r\n".repeat(2)}\r\n0\r\n\r\n`],
  ["an empty Transfer-Encoding", "HTTP/1.1 200 OK\r\ntransfer-encoding:\r\n\r\n"],
  ["Transfer-Encoding in HTTP/1.0", "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
  [
    "Content-Length beside Transfer-Encoding",
    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["two Content-Lengths", `HTTP/1.1 200 OK\r\n${"content-length: 5\r\n".repeat(2)}\r\nhello`],
  ["a Content-Length list", "HTTP/1.1 200 OK\r\ncontent-length: 5, 5\r\n\r\nhello"],
  ["a negative Content-Length", "HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nhello"],
  ["a Content-Length with a sign", "HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\nhello"],
  // RFC 9110, section 15.2: interim responses
  ["an unasked 101", "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"],
  ["an unasked 101 to another protocol", "HTTP/1.1 101 OK\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"],
  ["an interim response that closes", "HTTP/1.1 103 Early Hints\r\nconnection: close\r\n\r\n"],
  ["an interim response of HTTP/1.0", "HTTP/1.0 103 Early Hints\r\n\r\n"],
  ["more than 10 interim responses", "HTTP/1.1 102 Processing\r\n\r\n".repeat(11)],
  [
    "interim responses of more than 64 KiB",
    `HTTP/1.1 103 Early Hints\r\nx: ${"a".repeat(16 * 1024)}\r\n\r\n`.repeat(5),
  ],
];

/** A guest's response, and what the visitor receives: status, body and framing. */
const PASSED: readonly (readonly [
  criterion: string,
  response: string,
  expected: { status?: number; body?: string; fields?: Record<string, string | undefined> },
  method?: string,
])[] = [
  ["a body of known length", responseOf("hello"), { body: "hello", fields: { "content-length": "5" } }],
  ["an empty body", responseOf(""), { body: "", fields: { "content-length": "0" } }],
  ["a status without a reason", "HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok", { body: "ok" }],
  ["status 599", "HTTP/1.1 599 Odd\r\ncontent-length: 2\r\n\r\nok", { status: 599, body: "ok" }],
  ["the app's own 404", "HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno", { status: 404, body: "no" }],
  [
    "chunks",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n",
    { body: "hello!", fields: { "transfer-encoding": "chunked" } },
  ],
  [
    "chunks, without extensions and trailers",
    "HTTP/1.1 200 OK\r\ntrailer: x-sum\r\ntransfer-encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n",
    { body: "hello", fields: { trailer: undefined } },
  ],
  ["a 204", "HTTP/1.1 204 No Content\r\n\r\n", { status: 204, body: "" }],
  [
    "a 204 with Content-Length, corrected",
    "HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n",
    { status: 204, fields: { "content-length": undefined } },
  ],
  [
    "a 204 with a body, which is dropped",
    "HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello",
    { status: 204, body: "", fields: { "content-length": undefined } },
  ],
  [
    "a 204 with chunks, which are dropped",
    "HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    { status: 204, body: "", fields: { "transfer-encoding": undefined } },
  ],
  [
    "a 205 with a body, which is dropped",
    "HTTP/1.1 205 Reset Content\r\ncontent-length: 5\r\n\r\nhello",
    { status: 205, body: "", fields: { "content-length": "0" } },
  ],
  [
    "a 304 with the length of what it stands for",
    "HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n",
    { status: 304, body: "", fields: { "content-length": "5" } },
  ],
  [
    "a 304 with a body, which is dropped",
    "HTTP/1.1 304 Not Modified\r\n\r\nhello",
    { status: 304, body: "" },
  ],
  [
    "a response to HEAD",
    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n",
    { body: "", fields: { "content-length": "5" } },
    "HEAD",
  ],
  [
    "a response to HEAD with a body, which is dropped",
    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    { body: "", fields: { "content-length": "5" } },
    "HEAD",
  ],
  [
    "early hints before a response",
    `HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n${responseOf("hello")}`,
    { status: 103, fields: { link: "</a.css>; rel=preload" } },
  ],
  [
    "a response after interim responses that are dropped",
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 199 Odd\r\n\r\n${responseOf("hello")}`,
    { status: 200, body: "hello" },
  ],
];

/** RFC 9112, sections 4, 6 and 7, also against a hostile guest. */
export function responseFraming(stage: Stage): void {
  const directTest = stage.testIf("direct");

  describe("response framing", () => {
    test.for(BROKEN)("responds 502 to %s", async ([, bytes]) => {
      const visitor = stage.visit();
      visitor.send(stage.head("GET /"));
      (await stage.guest.nextRequest()).peer.send(bytes);
      let response = await visitor.readResponse();
      while (response.status === 103) response = await visitor.readResponse();
      expect(response.status).toBe(502);
      expect(response.fields.get("preview-error")).toBe("guest_protocol");
      await stage.guest.reset();
      await stage.canary();
    });

    test.for(BROKEN.filter(([, bytes]) => bytes.length < 200))(
      "responds 502 to %s, byte by byte",
      async ([, bytes]) => {
        const visitor = stage.visit();
        visitor.send(stage.head("GET /"));
        const { peer } = await stage.guest.nextRequest();
        for (const byte of bytes) peer.send(byte);
        expect((await visitor.readResponse()).status).toBe(502);
      },
    );

    test.for(PASSED)("passes %s", async ([, bytes, expected, method = "GET"]) => {
      const visitor = stage.visit();
      visitor.send(stage.head(`${method} /`));
      (await stage.guest.nextRequest()).respond(bytes);
      const response = await visitor.readResponse(method);
      if (expected.status === 103 && !stage.capabilities.direct) return;
      expect(response).toMatchObject({ complete: true, status: 200, ...without(expected) });
      if (stage.capabilities.direct) {
        for (const [name, value] of Object.entries(expected.fields ?? {}))
          expect(response.fields.get(name)).toBe(value);
      }
      await stage.canary();
      if (expected.status !== 103) expect(visitor.unread).toBe("");
    });

    test.for(PASSED)("passes %s, byte by byte", async ([, bytes, expected, method = "GET"]) => {
      const visitor = stage.visit();
      visitor.send(stage.head(`${method} /`));
      const { peer } = await stage.guest.nextRequest();
      for (const byte of bytes) peer.send(byte);
      const response = await visitor.readResponse(method);
      if (expected.status === 103 && !stage.capabilities.direct) return;
      expect(response).toMatchObject({ complete: true, status: 200, ...without(expected) });
      await stage.guest.reset();
      await stage.canary();
    });

    test("ends a body without length where the guest ends its connection", async () => {
      const visitor = stage.visit();
      visitor.send(stage.head("GET /"));
      const { peer } = await stage.guest.nextRequest();
      peer.send("HTTP/1.1 200 OK\r\n\r\nhello");
      peer.socket.end();
      expect(await visitor.readResponse()).toMatchObject({ status: 200, body: "hello", complete: true });
    });

    test("accepts HTTP/1.0 and its body without length", async () => {
      const visitor = stage.visit();
      visitor.send(stage.head("GET /"));
      const { peer } = await stage.guest.nextRequest();
      peer.send("HTTP/1.0 200 OK\r\n\r\nhello");
      peer.socket.end();
      const response = await visitor.readResponse();
      expect(response).toMatchObject({ status: 200, body: "hello", complete: true });
    });

    test("drops preview-error from the app's own 502", async () => {
      const own = "HTTP/1.1 502 Bad Gateway\r\npreview-error: port_closed\r\ncontent-length: 2\r\n\r\nno";
      const { response } = await stage.exchange(stage.head("GET /"), own);
      expect(response).toMatchObject({ status: 502, body: "no" });
      expect(response.fields.has("preview-error")).toBe(false);
    });

    test.for([
      ["a body shorter than its length", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello"],
      ["a cut chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\nhello"],
      ["chunks without an end", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"],
      ["a cut end of chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"],
    ] as const)("resets the visitor's side after %s", async ([, bytes]) => {
      const visitor = stage.visit();
      visitor.send(stage.head("GET /"));
      const { peer } = await stage.guest.nextRequest();
      peer.send(bytes);
      await visitor.readHead();
      peer.socket.end();
      const rest = await visitor.readToEnd();
      expect(rest).not.toMatch(/0\r\n\r\n$/);
      if (stage.capabilities.showsResets) expect(await visitor.isAborted()).toBe(true);
    });

    test.for(["5\r\nhello\r\nx\r\n", "5\r\nhellO!", "g\r\n"])(
      "resets the visitor's side after broken chunks (%j)",
      async (chunks) => {
        const visitor = stage.visit();
        visitor.send(stage.head("GET /"));
        const { peer } = await stage.guest.nextRequest();
        peer.send(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n`);
        await visitor.readHead();
        peer.send(chunks);
        expect(await visitor.readToEnd()).not.toContain("0\r\n\r\n");
        if (stage.capabilities.showsResets) expect(await visitor.isAborted()).toBe(true);
      },
    );

    test.for(["x\r\n", "5\r\nhello\r\nx\r\n", "5\r\nhellO!"])(
      "responds 502 to chunks that break in the packet of the head (%j)",
      async (chunks) => {
        const visitor = stage.visit();
        visitor.send(stage.head("GET /"));
        const { peer } = await stage.guest.nextRequest();
        peer.send(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks}`);
        const response = await visitor.readResponse();
        expect([response.status, response.fields.get("preview-error")]).toEqual([502, "guest_protocol"]);
        await stage.guest.reset();
        await stage.canary();
      },
    );

    test("resets the visitor's side after a reset inside a body without length", async () => {
      const visitor = stage.visit();
      visitor.send(stage.head("GET /"));
      const { peer } = await stage.guest.nextRequest();
      peer.send("HTTP/1.1 200 OK\r\n\r\nhello");
      await visitor.readHead();
      peer.reset();
      expect(await visitor.readToEnd()).not.toContain("0\r\n\r\n");
      if (stage.capabilities.showsResets) expect(await visitor.isAborted()).toBe(true);
    });

    test("responds 502 where the guest ends inside a head", async () => {
      const visitor = stage.visit();
      visitor.send(stage.head("GET /"));
      const { peer } = await stage.guest.nextRequest();
      peer.send("HTTP/1.1 200 OK\r\nx: 1\r\n");
      peer.socket.end();
      const response = await visitor.readResponse();
      expect([response.status, response.fields.get("preview-error")]).toEqual([502, "guest_protocol"]);
    });

    test("responds 502 where the guest ends without a response", async () => {
      const visitor = stage.visit();
      visitor.send(stage.head("GET /"));
      (await stage.guest.nextRequest()).peer.socket.end();
      const response = await visitor.readResponse();
      expect([response.status, response.fields.get("preview-error")]).toEqual([502, "guest_unreachable"]);
    });

    test("delivers nothing that follows a response to another request", async () => {
      const smuggled = responseOf("smuggled");
      const first = await stage.exchange(stage.head("GET /a"), responseOf("a") + smuggled);
      expect(first.response.body).toBe("a");
      const visitor = stage.visit();
      visitor.send(stage.head("GET /b"));
      const second = await stage.guest.nextRequest();
      expect(second.peer).not.toBe(first.seen.peer);
      second.respond(responseOf("b"));
      expect((await visitor.readResponse()).body).toBe("b");
    });

    test("delivers nothing that comes between two requests to the second", async () => {
      const first = await stage.exchange(stage.head("GET /a"), responseOf("a"));
      first.seen.peer.send(responseOf("smuggled"));
      await first.seen.peer.readToEnd();
      const { body } = await stage.canary();
      expect(body).not.toContain("smuggled");
    });

    test("passes the head of a stream at once, and every piece as it comes", async () => {
      const visitor = stage.visit();
      visitor.send(stage.head("GET /events"));
      const { peer } = await stage.guest.nextRequest();
      peer.send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
      expect(await visitor.readHead()).toContain("text/event-stream");
      for (const event of ["data: 1\n\n", "data: 2\n\n"]) {
        peer.send(`${event.length.toString(16)}\r\n${event}\r\n`);
        expect(await visitor.readUntil(event)).toContain(event);
      }
    });

    directTest("mixes nothing into the bytes that slow visitors have not read yet", async () => {
      const visitors = Array.from({ length: 4 }, () => stage.visit());
      const bodies = visitors.map((_, visitor) => slowBody(visitor));
      for (const [index, visitor] of visitors.entries()) {
        visitor.send(stage.head("GET /"));
        const { peer } = await stage.guest.nextRequest();
        peer.send(`HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.concat(bodies[index]!).length}\r\n\r\n`);
        await visitor.readHead();
        visitor.socket.pause();
        for (const piece of bodies[index]!) {
          peer.send(piece);
          await setImmediate();
        }
      }
      for (let round = 0; round < 20; round++) await stage.canary();
      for (const [index, visitor] of visitors.entries()) {
        visitor.socket.resume();
        const body = Buffer.concat(bodies[index]!).toString("latin1");
        expect((await visitor.readBytes(body.length)) === body).toBe(true);
      }
    });

    test("passes every byte value of a body, and a large one, as they are", async () => {
      const bytes = Buffer.from(
        Array.from({ length: 3_000_000 }, (_, index) => (index * 7 + (index >> 8)) & 255),
      );
      const text = bytes.toString("latin1");
      const { response } = await stage.exchange(stage.head("GET /"), responseOf(text));
      expect(response.body === text).toBe(true);
    });
  });
}

function without({ fields: _, ...expected }: (typeof PASSED)[number][2]) {
  return expected;
}
