import { once } from "node:events";
import * as net from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { CapturedExchange } from "../../../../../connector/capture/captured-exchange.ts";
import { MAX_REPLAY_RESPONSE_BYTES } from "../../../../../connector/capture/replay/read-response.ts";
import {
  MAX_REPLAYS,
  MAX_REPLAYS_PER_SANDBOX,
  Replays,
} from "../../../../../connector/capture/replay/replays.ts";
import type { RelayGuest, Upstream } from "../../../../../connector/relay/relay.ts";
import { MAX_CAPTURED_BODY_BYTES } from "../../../../../shared/protocol/request-log.ts";
import { refuse } from "../../../../../shared/refusal/refusal.ts";

const ORIGINAL = { id: "mhw1a2b3c0001" } as CapturedExchange;
const HEAD = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\n";

let server: net.Server;
let sockets: net.Socket[];
/** What the guest does once the request's head has come. */
let respond: (socket: net.Socket) => void;

beforeEach(async () => {
  sockets = [];
  server = net.createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.once("data", () => respond(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(() => {
  vi.useRealTimers();
  for (const socket of sockets) socket.destroy();
  server.close();
});

function upstreamOf(guest: RelayGuest = { sandboxId: crypto.randomUUID() }): Upstream {
  const { port } = server.address() as net.AddressInfo;
  const dial = async () => {
    const socket = net.connect({ port, host: "127.0.0.1" });
    await once(socket, "connect");
    return socket;
  };
  return { guest, port: 3000, headerPolicy: "local", dial } as Upstream;
}

function send(method = "GET", replays = new Replays()) {
  return replays.send(upstreamOf(), ORIGINAL, { method, head: HEAD, body: Buffer.alloc(0), chunked: false });
}

describe("Replays", () => {
  test.each<[string, string, Partial<CapturedExchange>, string]>([
    ["a length", `${OK}Content-Length: 2\r\n\r\nhi`, { outcome: "answered", status: 200 }, "hi"],
    [
      "chunks",
      `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
      { outcome: "answered" },
      "2\r\nhi\r\n0\r\n\r\n",
    ],
    ["more than its length", `${OK}Content-Length: 2\r\n\r\nhi, more`, { outcome: "answered" }, "hi"],
    [
      "an interim response",
      `HTTP/1.1 103 Early\r\n\r\n${OK}Content-Length: 1\r\n\r\na`,
      { status: 200 },
      "a",
    ],
    ["broken chunks", `${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, { outcome: "aborted" }, ""],
    [
      "a length twice",
      `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\na`,
      { refused: "guest_protocol" },
      "",
    ],
    ["a bare line feed", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", { refused: "guest_protocol" }, ""],
    ["no HTTP", "SSH-2.0-x\r\n\r\n", { refused: "guest_protocol" }, ""],
    ["a WebSocket", "HTTP/1.1 101 Switching Protocols\r\n\r\n", { refused: "guest_protocol" }, ""],
    ["many interim responses", "HTTP/1.1 103 Early\r\n\r\n".repeat(1_000), { refused: "guest_protocol" }, ""],
    ["a head without an end", `${OK}x: ${"a".repeat(100 * 1024)}`, { refused: "guest_protocol" }, ""],
  ])("reads %s as the relay does", async (_what, response, facts, kept) => {
    respond = (socket) => socket.write(response);
    const { exchange } = await send();
    expect(exchange).toMatchObject({ replayOf: ORIGINAL.id, port: 3000, ...facts });
    expect(exchange.responseBody.kept).toBe(kept);
  });

  test("reads no body of a response to HEAD, and one without a length to the connection's end", async () => {
    respond = (socket) => socket.write(`${OK}Content-Length: 5\r\n\r\n`);
    expect((await send("HEAD")).exchange).toMatchObject({ outcome: "answered", responseBody: { total: 0 } });
    respond = (socket) => socket.end(`${OK}\r\nhello`);
    expect((await send()).exchange).toMatchObject({ outcome: "answered", responseBody: { kept: "hello" } });
  });

  test("notes a guest that closes, before and in its response", async () => {
    respond = (socket) => socket.end();
    const silent = await send();
    expect([silent.refusal?.code, silent.exchange.status]).toEqual(["guest_unreachable", 502]);
    respond = (socket) => socket.end(`${OK}Content-Length: 9\r\n\r\nhi`);
    expect((await send()).exchange).toMatchObject({ outcome: "aborted", status: 200 });
  });

  test("keeps 64 KiB of a response, and reads no endless one", async () => {
    const piece = Buffer.alloc(64 * 1024, "a");
    respond = (socket) => {
      socket.write(`${OK}\r\n`);
      const fill = (): void => {
        while (socket.writable && socket.write(piece));
      };
      socket.on("drain", fill);
      fill();
    };
    const { exchange } = await send();
    expect(exchange.outcome).toBe("aborted");
    expect(exchange.responseBody.kept).toHaveLength(MAX_CAPTURED_BODY_BYTES);
    expect(exchange.responseBody.total).toBeLessThan(MAX_REPLAY_RESPONSE_BYTES + 1024 * 1024);
  });

  test.each([
    ["no response", "", "guest_timeout"],
    ["half a head", OK, "guest_timeout"],
  ])("gives up on %s", async (_what, sent, code) => {
    respond = (socket) => socket.write(sent);
    const { refusal, exchange } = await send("GET", new Replays(50));
    expect([refusal?.code, exchange.status]).toEqual([code, 504]);
    await expect.poll(() => sockets[0]?.destroyed || sockets[0]?.readableEnded).toBe(true);
  });

  test("has room for so many of a sandbox, and of all, and again once they are over", async () => {
    const replays = new Replays();
    const pending: Promise<unknown>[] = [];
    const begin = (guest: RelayGuest): void => {
      const replay = { method: "GET", head: HEAD, body: Buffer.alloc(0), chunked: false };
      pending.push(replays.send(upstreamOf(guest), ORIGINAL, replay));
    };
    respond = () => {};
    const guests = Array.from({ length: MAX_REPLAYS / MAX_REPLAYS_PER_SANDBOX }, () => ({
      sandboxId: crypto.randomUUID(),
    }));
    for (const guest of guests)
      for (let count = 0; count < MAX_REPLAYS_PER_SANDBOX; count++) {
        expect(replays.hasRoom(guest)).toBe(true);
        begin(guest);
      }
    expect(guests.some((guest) => replays.hasRoom(guest))).toBe(false);
    expect(replays.hasRoom({ sandboxId: crypto.randomUUID() })).toBe(false);
    await expect.poll(() => sockets.length).toBe(MAX_REPLAYS);
    for (const socket of sockets) socket.destroy();
    await Promise.all(pending);
    expect(guests.every((guest) => replays.hasRoom(guest))).toBe(true);
  });

  test("notes a port that is closed as refused", async () => {
    const upstream = { ...upstreamOf(), dial: async () => refuse("port_closed") } as Upstream;
    const replay = { method: "GET", head: HEAD, body: Buffer.alloc(0), chunked: false };
    const { exchange, refusal } = await new Replays().send(upstream, ORIGINAL, replay);
    expect(refusal?.code).toBe("port_closed");
    expect(exchange).toMatchObject({ refused: "port_closed", status: 502, sentMs: -1, requestHead: HEAD });
  });
});
