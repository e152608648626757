import { describe, expect, test } from "vitest";
import type { Stage } from "./stage.ts";
import { responseOf } from "./stage.ts";

const OK = responseOf("ok");

/** Requests that two servers could read in two ways. `ADDRESS` stands for the target's fields. */
const REFUSED: readonly (readonly [criterion: string, request: string])[] = [
  // RFC 9112, section 2.2: message parsing
  ["a bare LF after the request line", "GET / HTTP/1.1\nADDRESS\r\n"],
  ["a bare LF after a field", "GET / HTTP/1.1\r\nADDRESSx: 1\ny: 2\r\n\r\n"],
  ["bare LFs only", "GET / HTTP/1.1\nHost: a\n\n"],
  ["a bare CR in a value", "GET / HTTP/1.1\r\nADDRESSx: a\rb\r\n\r\n"],
  ["a bare CR in the request line", "GET /\ra HTTP/1.1\r\nADDRESS\r\n"],
  ["two CRs before the LF", "GET / HTTP/1.1\r\nADDRESSx: a\r\r\n\r\n"],
  ["a NUL in a value", "GET / HTTP/1.1\r\nADDRESSx: a\0b\r\n\r\n"],
  ["a NUL in the target", "GET /\0 HTTP/1.1\r\nADDRESS\r\n"],
  ["a control character in a value", "GET / HTTP/1.1\r\nADDRESSx: a\x01b\r\n\r\n"],
  ["a DEL in a value", "GET / HTTP/1.1\r\nADDRESSx: a\x7fb\r\n\r\n"],
  ["white space before the first field", "GET / HTTP/1.1\r\n x: 1\r\nADDRESS\r\n"],
  ["two empty lines before the request", "\r\n\r\nGET / HTTP/1.1\r\nADDRESS\r\n"],
  // section 3: request line
  ["no version", "GET /\r\nADDRESS\r\n"],
  ["two spaces after the method", "GET  / HTTP/1.1\r\nADDRESS\r\n"],
  ["two spaces before the version", "GET /  HTTP/1.1\r\nADDRESS\r\n"],
  ["a tab as separator", "GET\t/\tHTTP/1.1\r\nADDRESS\r\n"],
  ["a space in the target", "GET /a b HTTP/1.1\r\nADDRESS\r\n"],
  ["a space after the version", "GET / HTTP/1.1 \r\nADDRESS\r\n"],
  ["a space before the method", " GET / HTTP/1.1\r\nADDRESS\r\n"],
  ["an unknown method", "FETCH / HTTP/1.1\r\nADDRESS\r\n"],
  ["a lower-case method", "get / HTTP/1.1\r\nADDRESS\r\n"],
  ["CONNECT", "CONNECT example.com:443 HTTP/1.1\r\nADDRESS\r\n"],
  ["the asterisk for another method than OPTIONS", "GET * HTTP/1.1\r\nADDRESS\r\n"],
  ["a target without a slash", "GET index.html HTTP/1.1\r\nADDRESS\r\n"],
  ["a fragment in the target", "GET /a#b HTTP/1.1\r\nADDRESS\r\n"],
  ["an absolute form for another authority", "GET http://other.example/ HTTP/1.1\r\nADDRESS\r\n"],
  ["an absolute form with user information", "GET http://u@HOST/ HTTP/1.1\r\nADDRESS\r\n"],
  ["an absolute form of another scheme", "GET ftp://HOST/ HTTP/1.1\r\nADDRESS\r\n"],
  // section 2.3: version
  ["HTTP/2.0", "GET / HTTP/2.0\r\nADDRESS\r\n"],
  ["HTTP/1.2", "GET / HTTP/1.2\r\nADDRESS\r\n"],
  ["HTTP/0.9", "GET / HTTP/0.9\r\nADDRESS\r\n"],
  ["a lower-case version", "GET / http/1.1\r\nADDRESS\r\n"],
  ["a version with leading zeros", "GET / HTTP/01.1\r\nADDRESS\r\n"],
  [
    "HTTP/1.0 with Transfer-Encoding",
    "POST / HTTP/1.0\r\nADDRESSTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  // section 3.2: Host
  ["no Host", "GET / HTTP/1.1\r\nx: 1\r\n\r\n"],
  ["two Hosts", "GET / HTTP/1.1\r\nADDRESSHost: other.example\r\n\r\n"],
  ["two equal Hosts", "GET / HTTP/1.1\r\nADDRESSHost: HOST\r\n\r\n"],
  ["an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"],
  ["a Host with a path", "GET / HTTP/1.1\r\nHost: HOST/a\r\n\r\n"],
  ["a Host with user information", "GET / HTTP/1.1\r\nHost: u@HOST\r\n\r\n"],
  ["a Host list", "GET / HTTP/1.1\r\nHost: HOST, other.example\r\n\r\n"],
  // section 5: fields
  ["a space before the colon", "GET / HTTP/1.1\r\nADDRESSx : 1\r\n\r\n"],
  ["a tab before the colon", "GET / HTTP/1.1\r\nADDRESSx\t: 1\r\n\r\n"],
  ["an empty name", "GET / HTTP/1.1\r\nADDRESS: 1\r\n\r\n"],
  ["no colon", "GET / HTTP/1.1\r\nADDRESSx\r\n\r\n"],
  ["a name that is no token", "GET / HTTP/1.1\r\nADDRESSa(b): 1\r\n\r\n"],
  ["a name beyond ASCII", "GET / HTTP/1.1\r\nADDRESS\xe9: 1\r\n\r\n"],
  ["a folded field", "GET / HTTP/1.1\r\nADDRESSx: a\r\n b\r\n\r\n"],
  ["a field folded by a tab", "GET / HTTP/1.1\r\nADDRESSx: a\r\n\tb\r\n\r\n"],
  ["more than 200 fields", `GET / HTTP/1.1\r\nADDRESS${"x: 1\r\n".repeat(200)}\r\n`],
  ["a head of more than 32 KiB", `GET / HTTP/1.1\r\nADDRESSx: ${"a".repeat(32 * 1024)}\r\n\r\n`],
  ["a target of more than 32 KiB that never ends", `GET /${"a".repeat(33 * 1024)}`],
  ["two Content-Types", `POST / HTTP/1.1\r\nADDRESS${"Content-Type: a/b\r\n".repeat(2)}\r\n`],
  ["two Content-Types in one field", "POST / HTTP/1.1\r\nADDRESSContent-Type: a/b, c/d\r\n\r\n"],
  ["more than 32 options of Connection", `GET / HTTP/1.1\r\nADDRESSConnection: ${"a,".repeat(32)}\r\n\r\n`],
  // section 6.1: Transfer-Encoding
  ["another coding than chunked", "POST / HTTP/1.1\r\nADDRESSTransfer-Encoding: gzip\r\n\r\n"],
  ["identity", "POST / HTTP/1.1\r\nADDRESSTransfer-Encoding: identity\r\n\r\n"],
  ["gzip, chunked", "POST / HTTP/1.1\r\nADDRESSTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"],
  ["chunked, chunked", "POST / HTTP/1.1\r\nADDRESSTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"],
  ["chunked, identity", "POST / HTTP/1.1\r\nADDRESSTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"],
  [
    "two Transfer-Encodings",
    `POST / HTTP/1.1\r\nADDRESS${"Transfer-Encoding: chunked\r\n".repeat(2)}\r\n0\r\n\r\n`,
  ],
  ["an empty Transfer-Encoding", "POST / HTTP/1.1\r\nADDRESSTransfer-Encoding:\r\n\r\n0\r\n\r\n"],
  ["chunked with a parameter", "POST / HTTP/1.1\r\nADDRESSTransfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n"],
  ["chunked in quotes", 'POST / HTTP/1.1\r\nADDRESSTransfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n'],
  [
    "chunked after a vertical tab",
    "POST / HTTP/1.1\r\nADDRESSTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
  ],
  ["chunked before a tab", "POST / HTTP/1.1\r\nADDRESSTransfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n"],
  [
    "Transfer-Encoding after Content-Length",
    "POST / HTTP/1.1\r\nADDRESSContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  [
    "Content-Length after Transfer-Encoding",
    "POST / HTTP/1.1\r\nADDRESSTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
  ],
  // section 6.2: Content-Length
  ...[
    "+5",
    "-1",
    "0x5",
    "5,5",
    "5, 5",
    "05",
    "5 5",
    "5.0",
    "5a",
    "",
    "99999999999999999",
    "\xb2",
    "5\t",
    "5 \t ",
  ].map(
    (length) =>
      [
        `Content-Length ${JSON.stringify(length)}`,
        `POST / HTTP/1.1\r\nADDRESSContent-Length: ${length}\r\n\r\nhello`,
      ] as const,
  ),
  ["two equal Content-Lengths", `POST / HTTP/1.1\r\nADDRESS${"Content-Length: 5\r\n".repeat(2)}\r\nhello`],
  // section 7.1: chunked coding
  ...[
    ["a chunk size that is no number", "x\r\nhello\r\n0\r\n\r\n"],
    ["a chunk size with a prefix", "0x5\r\nhello\r\n0\r\n\r\n"],
    ["a negative chunk size", "-5\r\nhello\r\n0\r\n\r\n"],
    ["an empty chunk size", "\r\nhello\r\n0\r\n\r\n"],
    ["a chunk size beyond 2^53", "fffffffffffffffff\r\nhello\r\n0\r\n\r\n"],
    ["a space before the chunk size", " 5\r\nhello\r\n0\r\n\r\n"],
    ["a space after the chunk size", "5 \r\nhello\r\n0\r\n\r\n"],
    ["a bare LF after the chunk size", "5\nhello\r\n0\r\n\r\n"],
    ["a chunk longer than its size", "5\r\nhello!\r\n0\r\n\r\n"],
    ["no CRLF after a chunk", "5\r\nhello0\r\n\r\n"],
    ["a bare LF after a chunk", "5\r\nhello\n0\r\n\r\n"],
    ["a bare CR in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n"],
    ["a bare LF in an extension", "5;a\nb\r\nhello\r\n0\r\n\r\n"],
    ["an extension without a name", "5;\r\nhello\r\n0\r\n\r\n"],
    ["extensions of more than 16 KiB", `5;a=${"b".repeat(17 * 1024)}\r\nhello\r\n0\r\n\r\n`],
    ["a trailer that is no field", "0\r\nbad trailer\r\n\r\n"],
    ["a folded trailer", "0\r\nx: 1\r\n 2\r\n\r\n"],
    ["trailers of more than 16 KiB", `0\r\nx: ${"b".repeat(17 * 1024)}\r\n\r\n`],
  ].map(
    ([criterion, body]) =>
      [criterion!, `POST / HTTP/1.1\r\nADDRESSTransfer-Encoding: chunked\r\n\r\n${body}`] as const,
  ),
];

/** A visitor's bytes, and the target and body that the guest receives. */
const ACCEPTED: readonly (readonly [criterion: string, request: string, target: string, body: string])[] = [
  ["a plain GET", "GET /a?b=c HTTP/1.1\r\nADDRESS\r\n", "/a?b=c", ""],
  ["an empty line before the request", "\r\nGET /a HTTP/1.1\r\nADDRESS\r\n", "/a", ""],
  ["the asterisk form", "OPTIONS * HTTP/1.1\r\nADDRESS\r\n", "*", ""],
  ["the absolute form of its own Host", "GET http://HOST/a?b HTTP/1.1\r\nADDRESS\r\n", "/a?b", ""],
  ["the absolute form without a path", "GET http://HOST HTTP/1.1\r\nADDRESS\r\n", "/", ""],
  ["the absolute form with a query only", "GET http://HOST?a HTTP/1.1\r\nADDRESS\r\n", "/?a", ""],
  ["the absolute form of OPTIONS on the server", "OPTIONS http://HOST HTTP/1.1\r\nADDRESS\r\n", "*", ""],
  [
    "percent-encoding and odd characters as they are",
    "GET //a/%2F%5B%2e%2E/../;x+y/%zz?|=%00&{} HTTP/1.1\r\nADDRESS\r\n",
    "//a/%2F%5B%2e%2E/../;x+y/%zz?|=%00&{}",
    "",
  ],
  ["Content-Length 0", "POST /a HTTP/1.1\r\nADDRESSContent-Length: 0\r\n\r\n", "/a", ""],
  ["a body of known length", "POST /a HTTP/1.1\r\nADDRESSContent-Length: 5\r\n\r\nhello", "/a", "hello"],
  ["a GET with a body", "GET /a HTTP/1.1\r\nADDRESSContent-Length: 5\r\n\r\nhello", "/a", "hello"],
  [
    "white space around Content-Length",
    "POST /a HTTP/1.1\r\nADDRESSContent-Length: \t 5 \r\n\r\nhello",
    "/a",
    "hello",
  ],
  [
    "chunks",
    "POST /a HTTP/1.1\r\nADDRESSTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\nA\r\n, and more!\r\n0\r\n\r\n".replace(
      "A\r\n",
      "B\r\n",
    ),
    "/a",
    "5\r\nhello\r\nB\r\n, and more!\r\n0\r\n\r\n",
  ],
  [
    "chunk extensions, which are dropped",
    'POST /a HTTP/1.1\r\nADDRESSTransfer-Encoding: chunked\r\n\r\n5;a=b;c;d="e\\"f"\r\nhello\r\n0;x\r\n\r\n',
    "/a",
    "5\r\nhello\r\n0\r\n\r\n",
  ],
  [
    "trailers, which are dropped",
    "POST /a HTTP/1.1\r\nADDRESSTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n",
    "/a",
    "5\r\nhello\r\n0\r\n\r\n",
  ],
];

/** RFC 9112, sections 2, 3, 5, 6 and 7: what a request may look like. */
export function requestFraming(stage: Stage): void {
  // Another HTTP reader before the relay refuses or rewrites these requests itself.
  if (!stage.capabilities.direct) return;

  const filled = (request: string) =>
    request.replace("ADDRESS", stage.address).replaceAll("HOST", stage.target.fields.host!);

  describe("request framing", () => {
    test.for(REFUSED)("refuses %s", async ([, request]) => {
      const before = stage.guest.received;
      const visitor = stage.visit();
      visitor.send(filled(request));
      const response = await visitor.readResponse();
      expect(response.status).toBe(400);
      expect(response.fields.get("preview-error")).toBe("request_malformed");
      expect(response.complete).toBe(true);
      expect(await visitor.readToEnd()).toBe("");
      expect(stage.guest.received - before).toBeLessThanOrEqual(request.includes("chunked\r\n\r\n") ? 1 : 0);
      await stage.guest.reset();
      await stage.canary();
    });

    test.for(ACCEPTED)("passes %s", async ([, request, target, body]) => {
      const visitor = stage.visit();
      visitor.send(filled(request));
      const seen = await stage.guest.nextRequest();
      expect(seen.head.split("\r\n")[0]).toBe(`${request.trimStart().split(" ")[0]} ${target} HTTP/1.1`);
      expect(await seen.peer.readBytes(body.length)).toBe(body);
      seen.respond(OK);
      expect((await visitor.readResponse()).body).toBe("ok");
      expect(seen.peer.unread).toBe("");
    });

    test.for(ACCEPTED)("passes %s, byte by byte", async ([, request, target, body]) => {
      const visitor = stage.visit();
      for (const byte of filled(request)) await visitor.sent(byte);
      const seen = await stage.guest.nextRequest();
      expect(seen.head.split("\r\n")[0]).toContain(` ${target} `);
      expect(await seen.peer.readBytes(body.length)).toBe(body);
      seen.respond(OK);
      expect((await visitor.readResponse()).body).toBe("ok");
    });

    test("responds in HTTP/1.0 terms to a visitor that uses it", async () => {
      const visitor = stage.visit();
      visitor.send(`GET / HTTP/1.0\r\n${stage.address}Connection: keep-alive\r\n\r\n`);
      const seen = await stage.guest.nextRequest();
      expect(seen.head).toMatch(/^GET \/ HTTP\/1\.1\r\n/);
      seen.respond("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\n\r\n");
      const { fields, body } = await visitor.readResponse();
      expect(body).toBe("hello");
      expect(fields.has("transfer-encoding")).toBe(false);
      expect(fields.get("connection")).toBe("close");
    });

    test("never reads a request out of a body", async () => {
      const hidden = stage.head("GET /hidden");
      const visitor = stage.visit();
      visitor.send(stage.head("POST /a", `Content-Length: ${hidden.length}\r\n`) + hidden);
      const seen = await stage.guest.nextRequest();
      expect(await seen.peer.readBytes(hidden.length)).toBe(hidden);
      seen.respond(OK);
      await visitor.readResponse();
      visitor.send(stage.head("GET /next"));
      expect((await stage.guest.nextRequest()).head).toMatch(/^GET \/next /);
    });
  });
}
