import { once } from "node:events";
import * as net from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { DEFAULT_RELAY_LIMITS } from "../../connector/relay/relay.ts";
import { HalfRespondingGuest } from "../support/relay/half-responding-guest.ts";
import { NodeParser } from "../support/relay/node-parser.ts";
import { RawGuest } from "../support/relay/raw-guest.ts";
import { RawPeer } from "../support/relay/raw-peer.ts";
import type { RelayChild, RelayChildFacts } from "../support/relay/relay-child.ts";
import { startRelayChild } from "../support/relay/relay-child.ts";
import { startRelay } from "../support/relay/start-relay.ts";

const MIB = 1024 * 1024;
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const HANDSHAKE =
  "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const ACCEPTED =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function startGuest(): Promise<RawGuest> {
  const guest = await RawGuest.start();
  closers.push(() => guest.close());
  return guest;
}

async function startChild(port: number, facts?: RelayChildFacts): Promise<RelayChild> {
  const child = await startRelayChild(port, facts);
  closers.push(async () => {
    child.process.kill("SIGKILL");
    await child.exited;
  });
  return child;
}

async function serve(onConnection: (socket: net.Socket) => void): Promise<number> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    onConnection(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as net.AddressInfo).port;
}

describe("a guest that is killed", () => {
  const WITHOUT_LENGTH = "x-length: none\r\n\r\n";
  /** Incomplete after an end as well as after a reset. */
  const PARTIAL_RESPONSES = [
    "",
    "HTTP/1.1 200 OK\r\ncontent-",
    "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\nhello",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    `HTTP/1.1 200 OK\r\ncontent-length: 500000\r\n\r\n${"a".repeat(400_000)}`,
  ];
  /** Incomplete after a reset; an end completes them (RFC 9112, section 6.3). */
  const RESPONSES_WITHOUT_LENGTH = [
    `HTTP/1.1 200 OK\r\n${WITHOUT_LENGTH}${"a".repeat(400_000)}`,
    `HTTP/1.1 200 OK\r\n${WITHOUT_LENGTH}hello`,
  ];

  /** By its framing; without one, by the connection's end. */
  async function endedCleanly(visitor: RawPeer, head: string): Promise<number> {
    const body = await visitor.readToEnd();
    if (head.includes("content-length"))
      return body.length >= Number(/content-length: (\d+)/.exec(head)![1]) ? 1 : 0;
    if (head.includes("chunked")) return body.endsWith("0\r\n\r\n") ? 1 : 0;
    return (await visitor.isAborted()) ? 0 : 1;
  }

  test("never ends a response cleanly: 50 processes, killed inside 20 responses each", async () => {
    const KILLS = 50;
    const VISITORS = 20;
    let guest = await HalfRespondingGuest.start(0, PARTIAL_RESPONSES);
    const running = await startRelay(guest.port);
    closers.push(running.close, () => guest.kill());
    let clean = 0;
    let refused = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      if (kill > 0) guest = await HalfRespondingGuest.start(guest.port, PARTIAL_RESPONSES);
      const visits = Array.from({ length: VISITORS }, async (_, index) => {
        const which = (kill * VISITORS + index) % PARTIAL_RESPONSES.length;
        const visitor = new RawPeer(running.connect());
        visitor.send(`GET /${which} HTTP/1.${index % 3 === 0 ? 0 : 1}\r\nHost: a\r\n\r\n`);
        if (!PARTIAL_RESPONSES[which]!.includes("\r\n\r\n")) {
          const { status, fields } = await visitor.readResponse();
          if (status === 502 && fields.has("preview-error")) refused++;
        } else clean += await endedCleanly(visitor, await visitor.readHead());
        visitor.socket.destroy();
      });
      await guest.responded(VISITORS);
      await guest.kill();
      await Promise.all(visits);
    }
    expect({ clean, refused }).toEqual({ clean: 0, refused: (KILLS * VISITORS) / 4 });
    await expect.poll(() => running.relay.stats().requests).toBe(0);
  });

  test("never ends a response cleanly, in 1 000 resets", async () => {
    const guest = await startGuest();
    const running = await startRelay(guest.port);
    closers.push(running.close);
    const partials = [...PARTIAL_RESPONSES, ...RESPONSES_WITHOUT_LENGTH];
    let clean = 0;
    let refused = 0;
    for (let run = 0; run < 1000; run++) {
      const partial = partials[run % partials.length]!;
      const visitor = new RawPeer(running.connect());
      visitor.send(run % 3 === 0 ? "GET / HTTP/1.0\r\nHost: a\r\n\r\n" : GET);
      const { peer } = await guest.nextRequest();
      await peer.sent(partial);
      const isHead = partial.includes("\r\n\r\n");
      const head = isHead ? await visitor.readHead() : "";
      peer.socket.resetAndDestroy();
      if (isHead) clean += await endedCleanly(visitor, head);
      else if ((await visitor.readResponse()).status === 502) refused++;
      visitor.socket.destroy();
    }
    expect({ clean, refused }).toEqual({ clean: 0, refused: 200 });
    await expect.poll(() => running.relay.stats().requests).toBe(0);
  });
});

describe("a guest that closes idle connections at random", () => {
  test("fails no GET and gets no POST twice, in 20 000 requests", async () => {
    const posts = new Map<string, number>();
    const port = await serve((socket) => {
      const parser = new NodeParser("request", ({ method, url }) => {
        if (method === "POST") posts.set(url, (posts.get(url) ?? 0) + 1);
        socket.write(OK);
        if (Math.random() < 0.3) setTimeout(() => socket.end(), Math.random() * 2);
        else if (Math.random() < 0.2) setImmediate(() => socket.destroy());
      });
      socket.on("data", (bytes) => parser.feed(bytes));
    });
    const running = await startRelay(port);
    closers.push(running.close);
    const failed = { GET: 0, POST: 0 };
    let next = 0;
    await Promise.all(
      Array.from({ length: 32 }, async () => {
        const visitor = new RawPeer(running.connect());
        while (next < 20_000) {
          const id = next++;
          const method = id % 4 === 0 ? "POST" : "GET";
          const body = method === "POST" ? "Content-Length: 5\r\n\r\nhello" : "\r\n";
          visitor.send(`${method} /${id} HTTP/1.1\r\nHost: a\r\n${body}`);
          if ((await visitor.readResponse()).status !== 200) failed[method]++;
        }
        visitor.socket.destroy();
      }),
    );
    expect(failed.GET).toBe(0);
    expect([...posts.values()].filter((count) => count > 1)).toEqual([]);
    expect(running.relay.stats().counts.retried).toBeGreaterThan(0);
  });
});

describe("visitors that do not read", () => {
  test("cost at most 64 MiB, 200 of them", async () => {
    const piece = Buffer.alloc(64 * 1024, "a");
    let sent = 0;
    const port = await serve((socket) => {
      socket.once("data", () => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${100 * MIB}\r\n\r\n`);
        pump();
      });
      socket.on("drain", pump);
      function pump(): void {
        do sent += piece.length;
        while (socket.write(piece));
      }
    });
    // All are of one client.
    const child = await startChild(port, { limits: { sharesBindAtPercent: 100 } });
    const warm = new RawPeer(child.connect());
    warm.send(GET);
    await warm.readBytes(4 * MIB);
    warm.socket.destroy();
    const before = await child.stats();
    const visitors = Array.from({ length: 200 }, () => child.connect().pause());
    closers.push(() => {
      for (const socket of visitors) socket.destroy();
    });
    for (const socket of visitors) socket.write(GET);
    const rss: number[] = [];
    for (let quiet = 0, last = -1; quiet < 10; last = sent) {
      rss.push((await child.stats()).rss);
      quiet = sent === last ? quiet + 1 : 0;
    }
    const stalled = await child.stats();
    expect(stalled.requests).toBe(200);
    expect((Math.max(...rss, stalled.rss) - before.rss) / MIB).toBeLessThan(64);
  });
});

describe("a head that never ends", () => {
  test.for(["x: y\r\n", "a"])("is cut off, sent as %j by the guest", async (piece) => {
    const endless = Buffer.from(piece.repeat(1000));
    let closed = 0;
    const port = await serve((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\n");
        pump();
      });
      socket.on("drain", pump);
      socket.on("close", () => closed++);
      function pump(): void {
        while (socket.write(endless));
      }
    });
    const running = await startRelay(port);
    closers.push(running.close);
    const visitor = new RawPeer(running.connect());
    visitor.send(GET);
    expect((await visitor.readResponse()).status).toBe(502);
    await expect.poll(() => closed).toBe(1);
  });
});

describe("SIGTERM", () => {
  test("fails none of 500 requests, ends 500 tunnels orderly, and exits with 0", async () => {
    const guest = await startGuest();
    const child = await startChild(guest.port, {
      limits: { maxRequestsPerSandbox: 1000, maxTunnelsPerSandbox: 1000, drainTunnelsMs: 1000 },
    });
    const tunnels = await Promise.all(
      Array.from({ length: 500 }, async () => {
        const visitor = new RawPeer(child.connect());
        visitor.send(HANDSHAKE);
        const { peer } = await guest.nextRequest();
        peer.send(ACCEPTED);
        await visitor.readHead();
        return { visitor, peer };
      }),
    );
    const visitors = Array.from({ length: 500 }, () => new RawPeer(child.connect()));
    for (const visitor of visitors) visitor.send(GET);
    const requests = await Promise.all(visitors.map(() => guest.nextRequest()));
    const started = visitors[0]!;
    requests[0]!.peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n");

    child.process.kill("SIGTERM");
    const ends = tunnels.flatMap(({ visitor, peer }) => [visitor.readToEnd(), peer.readToEnd()]);
    await ends[0];
    requests[0]!.respond("ok");
    for (const request of requests.slice(1)) request.respond(OK);
    const responses = await Promise.all(visitors.map((visitor) => visitor.readResponse()));
    expect(responses.filter(({ status, body }) => status !== 200 || body !== "ok")).toEqual([]);
    for (const visitor of visitors) visitor.socket.end();
    const closings = await Promise.all(ends);
    expect(closings.filter((bytes) => !/^\x88(?:\x02\x03\xe9|\x82.{6})$/s.test(bytes))).toEqual([]);
    for (const side of tunnels.flatMap(({ visitor, peer }) => [visitor, peer])) {
      expect(side.wasReset).toBe(false);
      side.socket.end();
    }
    expect(started).toBeDefined();
    expect(await child.exited).toBe(0);
  });

  test("a second time, stops at once", async () => {
    const guest = await startGuest();
    const child = await startChild(guest.port);
    const visitor = new RawPeer(child.connect());
    visitor.send(GET);
    await guest.nextRequest();
    child.process.kill("SIGTERM");
    // The listener is closed once the signal was seen. A visitor that came before is not waited for: it has 5 s.
    const isRefused = async (): Promise<boolean> => {
      const late = child.connect();
      const refused = await once(late, "connect").then(
        () => false,
        () => true,
      );
      late.destroy();
      return refused;
    };
    await expect.poll(isRefused, { timeout: 10_000 }).toBe(true);
    child.process.kill("SIGTERM");
    expect(await child.exited).toBe(1);
    expect(await visitor.readToEnd()).toBe("");
  });
});

describe("a limit of 256 open files", () => {
  /** (256 − 64 for everything else) × 7/8, two for each. */
  const SERVED = 84;

  test("sheds with 503, and serves again once there is room", async () => {
    const guest = await startGuest();
    const child = await startChild(guest.port, { maxOpenFiles: 256 });
    const held = Array.from({ length: SERVED }, () => new RawPeer(child.connect()));
    for (const visitor of held) visitor.send(GET);
    const requests = await Promise.all(held.map(() => guest.nextRequest()));
    for (let more = 0; more < 50; more++) {
      const visitor = new RawPeer(child.connect());
      visitor.send(GET);
      const response = await visitor.readResponse();
      expect([response.status, response.fields.get("preview-error")]).toEqual([503, "too_many_connections"]);
      visitor.socket.destroy();
    }
    for (const request of requests) request.respond(OK);
    for (const visitor of held) expect((await visitor.readResponse()).status).toBe(200);
    for (const { socket } of held) socket.destroy();
    await expect.poll(async () => (await child.stats()).visitors).toBe(0);
    const again = new RawPeer(child.connect());
    again.send(GET);
    (await guest.nextRequest()).respond(OK);
    expect((await again.readResponse()).status).toBe(200);
  });

  test("serves as many of 1 000 visitors at once as fit, and refuses the others", async () => {
    const port = await serve((socket) => socket.on("data", () => socket.write(OK)));
    const child = await startChild(port, { maxOpenFiles: 256 });
    const outcomes = await Promise.all(
      Array.from({ length: 1000 }, async () => {
        const visitor = new RawPeer(child.connect());
        visitor.send(GET);
        const outcome = await visitor.readResponse().then(
          ({ status }) => status,
          () => 0,
        );
        visitor.socket.destroy();
        return outcome;
      }),
    );
    const count = (status: number) => outcomes.filter((outcome) => outcome === status).length;
    expect(count(200)).toBeGreaterThanOrEqual(SERVED);
    expect(count(200) + count(503)).toBe(1000);
    await expect.poll(async () => (await child.stats()).visitors).toBe(0);
    const again = new RawPeer(child.connect());
    again.send(GET);
    expect((await again.readResponse()).status).toBe(200);
  });
});

test("DEFAULT_RELAY_LIMITS end a request before Cloudflare does, and idle connections after it", () => {
  expect(DEFAULT_RELAY_LIMITS.responseHeadTimeoutMs).toBeLessThan(120_000);
  expect(DEFAULT_RELAY_LIMITS.visitorIdleTimeoutMs).toBeGreaterThan(900_000);
});
