import { afterEach, describe, expect, test } from "vitest";
import type { ExchangeReport } from "../../../../connector/relay/relay.ts";
import { refuse } from "../../../../shared/refusal/refusal.ts";
import { RawGuest } from "../../../support/raw-guest.ts";
import { RawPeer } from "../../../support/raw-peer.ts";
import {
  destinationTo,
  type RelayFacts,
  type RunningRelay,
  startRelay,
} from "../../../support/start-relay.ts";

const SOON_MS = 60;
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const HANDSHAKE = `GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`;
const ACCEPTED =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function stage(
  facts: RelayFacts = {},
): Promise<{ guest: RawGuest; running: RunningRelay; visit: () => RawPeer }> {
  const guest = await RawGuest.start();
  const running = await startRelay(guest.port, facts);
  closers.push(running.close, () => guest.close());
  return { guest, running, visit: () => new RawPeer(running.connect()) };
}

async function openTunnel(visitor: RawPeer, guest: RawGuest): Promise<RawPeer> {
  visitor.send(HANDSHAKE);
  const { peer } = await guest.nextRequest();
  peer.send(ACCEPTED);
  await visitor.readHead();
  return peer;
}

describe("createRelay() keeps time", () => {
  test("answers 400 to a head that does not arrive", async () => {
    const { visit } = await stage({ limits: { requestHeadTimeoutMs: SOON_MS } });
    const visitor = visit();
    visitor.send("GET / HTTP/1.1\r\n");
    expect((await visitor.readAnswer()).status).toBe(400);
    expect(await visitor.readToEnd()).toBe("");
  });

  test("counts a head's time from its first byte, however the others drip", async () => {
    const { visit, running } = await stage({ limits: { requestHeadTimeoutMs: SOON_MS } });
    const visitor = visit();
    const drip = setInterval(() => visitor.send("x"), 5);
    const answer = await visitor.readAnswer();
    clearInterval(drip);
    expect(answer.status).toBe(400);
    expect(running.relay.stats().requests).toBe(0);
  });

  test("closes a connection on which no request comes", async () => {
    const { visit, guest } = await stage({ limits: { visitorIdleTimeoutMs: SOON_MS } });
    const visitor = visit();
    visitor.send(GET);
    (await guest.nextRequest()).answer(OK);
    await visitor.readAnswer();
    expect(await visitor.readToEnd()).toBe("");
  });

  test("answers 504 to a guest that does not", async () => {
    const { visit, guest } = await stage({ limits: { responseHeadTimeoutMs: SOON_MS } });
    const visitor = visit();
    visitor.send(GET);
    const { peer } = await guest.nextRequest();
    const answer = await visitor.readAnswer();
    expect([answer.status, answer.fields.get("preview-error")]).toEqual([504, "guest_timeout"]);
    await peer.readToEnd();
  });

  test("answers 504 to a head of one byte at a time", async () => {
    const { visit, guest } = await stage({ limits: { responseHeadTimeoutMs: SOON_MS } });
    const visitor = visit();
    visitor.send(GET);
    const { peer } = await guest.nextRequest();
    peer.send("HTTP/1.1 200 OK\r\nx: ");
    const drip = setInterval(() => peer.send("x"), 5);
    const answer = await visitor.readAnswer();
    clearInterval(drip);
    expect(answer.status).toBe(504);
  });

  test("answers 504 where nobody can say where the request goes", async () => {
    const { visit } = await stage({
      limits: { responseHeadTimeoutMs: SOON_MS },
      findDestination: () => new Promise(() => {}),
    });
    const visitor = visit();
    visitor.send(GET);
    expect((await visitor.readAnswer()).status).toBe(504);
  });

  test("tears a stream that has gone silent", async () => {
    const { visit, guest } = await stage({ limits: { bodyIdleTimeoutMs: SOON_MS } });
    const visitor = visit();
    visitor.send(GET);
    (await guest.nextRequest()).peer.send(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
    );
    expect(await visitor.readToEnd()).toMatch(/hello\r\n$/);
    expect(await visitor.isTorn()).toBe(true);
  });

  test("closes a guest's idle connection before the guest would", async () => {
    const { visit, guest } = await stage({ limits: { guestIdleTimeoutMs: SOON_MS } });
    const visitor = visit();
    visitor.send(GET);
    const { peer, ...request } = await guest.nextRequest();
    expect(request).toBeDefined();
    peer.send(OK);
    await visitor.readAnswer();
    expect(await peer.readToEnd()).toBe("");
  });

  test("cuts streams and tunnels at the end of their grant", async () => {
    const { visit, guest, running } = await stage({ destination: { expiresAtMs: Date.now() + 300 } });
    const streamer = visit();
    streamer.send(GET);
    const stream = await guest.nextRequest();
    stream.peer.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n");
    await streamer.readUntil("hello");
    const tunneller = visit();
    const peer = await openTunnel(tunneller, guest);
    await Promise.all([
      streamer.readToEnd(),
      stream.peer.readToEnd(),
      tunneller.readToEnd(),
      peer.readToEnd(),
    ]);
    await expect
      .poll(() => running.relay.stats())
      .toMatchObject({ requests: 0, tunnels: 0, counts: { grantEnded: 2 } });
  });

  test("gives up a tunnel that stays open on one side only", async () => {
    const { visit, guest } = await stage({ limits: { halfOpenTimeoutMs: SOON_MS } });
    const visitor = visit();
    const peer = await openTunnel(visitor, guest);
    visitor.socket.end();
    await peer.readToEnd();
    await visitor.readToEnd();
  });
});

describe("createRelay() keeps limits", () => {
  test("answers 503 to one request more than a sandbox may have, and takes the next when one is over", async () => {
    const { visit, guest } = await stage({ limits: { maxRequestsPerSandbox: 2 } });
    const visitors = [visit(), visit()];
    for (const visitor of visitors) visitor.send(GET);
    const seen = [await guest.nextRequest(), await guest.nextRequest()];
    const third = visit();
    third.send(GET);
    const refused = await third.readAnswer();
    expect([refused.status, refused.fields.get("preview-error")]).toEqual([503, "too_many_connections"]);
    expect(refused.fields.get("retry-after")).toBe("1");
    for (const request of seen) request.answer(OK);
    for (const visitor of visitors) await visitor.readAnswer();
    third.send(GET);
    (await guest.nextRequest()).answer(OK);
    expect((await third.readAnswer()).status).toBe(200);
  });

  test("answers 503 to one tunnel more than a sandbox may have", async () => {
    const { visit, guest } = await stage({ limits: { maxTunnelsPerSandbox: 1 } });
    const first = await openTunnel(visit(), guest);
    const second = visit();
    second.send(HANDSHAKE);
    expect((await second.readAnswer()).status).toBe(503);
    first.socket.destroy();
    await first.closed();
  });

  test("counts each sandbox alone, and all together", async () => {
    const guest = await RawGuest.start();
    const tenants = ["a", "b", "c"].map((sandboxId) =>
      destinationTo(guest.port, { upstream: { guest: { sandboxId } } }),
    );
    const running = await startRelay(guest.port, {
      limits: { maxRequestsPerSandbox: 1, maxStreams: 2 },
      findDestination: ({ target }) => tenants[Number(target.slice(1))]!,
    });
    closers.push(running.close, () => guest.close());
    const statuses: Promise<number>[] = [];
    for (const path of ["/0", "/1"]) {
      new RawPeer(running.connect()).send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      await guest.nextRequest();
    }
    for (const path of ["/1", "/2"]) {
      const visitor = new RawPeer(running.connect());
      visitor.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      statuses.push(visitor.readAnswer().then(({ status }) => status));
    }
    expect(await Promise.all(statuses)).toEqual([503, 503]);
  });

  test("answers 503 on a visitor's connection beyond the limit", async () => {
    const { visit, guest } = await stage({ limits: { maxVisitorConnections: 1 } });
    const first = visit();
    first.send(GET);
    const seen = await guest.nextRequest();
    const second = visit();
    second.send(GET);
    expect((await second.readAnswer()).status).toBe(503);
    expect(await second.readToEnd()).toBe("");
    seen.answer(OK);
    expect((await first.readAnswer()).status).toBe(200);
  });
});

describe("createRelay() refuses", () => {
  test("as findDestination decides, in the visitor's form", async () => {
    const { visit } = await stage({ findDestination: () => refuse("port_closed", { openPorts: [5173] }) });
    const visitor = visit();
    visitor.send(
      "GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nPreview-Host: 3000-x.example.com\r\n\r\n",
    );
    const page = await visitor.readAnswer();
    expect([page.status, page.fields.get("preview-error")]).toEqual([502, "port_closed"]);
    expect(page.fields.get("content-type")).toContain("text/html");
    expect(page.body).toContain("https://5173-x.example.com/");
    visitor.send(GET);
    const problem = await visitor.readAnswer();
    expect(JSON.parse(problem.body)).toMatchObject({ code: "port_closed", open_ports: [5173] });
  });

  test("an HEAD request without a body", async () => {
    const { visit } = await stage({ findDestination: async () => refuse("guest_not_here") });
    const visitor = visit();
    visitor.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    const answer = await visitor.readAnswer("HEAD");
    expect(answer.status).toBe(421);
    expect(Number(answer.fields.get("content-length"))).toBeGreaterThan(0);
    expect(visitor.unread).toBe("");
  });

  test.for(["sync", "async"])("with a bare 500 where findDestination throws (%s)", async (kind) => {
    const bugs: unknown[] = [];
    const bug = new Error("secret detail");
    const { visit } = await stage({
      findDestination: () => {
        if (kind === "sync") throw bug;
        return Promise.reject(bug);
      },
      onBug: (error, requestId) => bugs.push(error, requestId),
    });
    const visitor = visit();
    visitor.send("GET / HTTP/1.1\r\nHost: a\r\nPreview-Request-Id: r7\r\n\r\n");
    const answer = await visitor.readAnswer();
    expect(answer.status).toBe(500);
    expect(answer.body).not.toContain("secret");
    expect(bugs).toEqual([bug, "r7"]);
  });

  test("port_closed where nothing listens", async () => {
    const guest = await RawGuest.start();
    await guest.close();
    const running = await startRelay(guest.port);
    closers.push(running.close);
    const visitor = new RawPeer(running.connect());
    visitor.send(GET);
    expect((await visitor.readAnswer()).fields.get("preview-error")).toBe("port_closed");
  });

  test("a request whose internal field comes twice", async () => {
    const { visit } = await stage();
    const visitor = visit();
    visitor.send("GET / HTTP/1.1\r\nHost: a\r\nPreview-Pass: a\r\nPreview-Pass: b\r\n\r\n");
    expect((await visitor.readAnswer()).status).toBe(400);
  });
});

describe("createRelay() lets a guest go", () => {
  test("with everything open towards it, and nothing of another", async () => {
    const guest = await RawGuest.start();
    const [gone, kept] = ["1", "2"].map((sandboxId) =>
      destinationTo(guest.port, { upstream: { guest: { sandboxId } } }),
    );
    const running = await startRelay(guest.port, {
      findDestination: ({ target }) => (target === "/kept" ? kept! : gone!),
    });
    closers.push(running.close, () => guest.close());
    const waiting = new RawPeer(running.connect());
    waiting.send(GET);
    await guest.nextRequest();
    const tunneller = new RawPeer(running.connect());
    const peer = await openTunnel(tunneller, guest);
    const other = new RawPeer(running.connect());
    other.send("GET /kept HTTP/1.1\r\nHost: a\r\n\r\n");
    const seen = await guest.nextRequest();

    running.relay.closeGuest(gone!.upstream.guest);
    expect((await waiting.readAnswer()).status).toBe(502);
    await Promise.all([tunneller.readToEnd(), peer.readToEnd()]);
    seen.answer(OK);
    expect((await other.readAnswer()).status).toBe(200);
  });

  test("and answers guest_not_here to a request that was still dialling", async () => {
    const guest = await RawGuest.start();
    const dialled = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const plain = destinationTo(guest.port);
    const destination = destinationTo(guest.port, {
      upstream: {
        async dial() {
          started.resolve();
          await dialled.promise;
          return plain.upstream.dial();
        },
      },
    });
    const running = await startRelay(guest.port, { findDestination: () => destination });
    closers.push(running.close, () => guest.close());
    const visitor = new RawPeer(running.connect());
    visitor.send(GET);
    await started.promise;
    running.relay.closeGuest(destination.upstream.guest);
    dialled.resolve();
    expect((await visitor.readAnswer()).fields.get("preview-error")).toBe("guest_not_here");
    expect(guest.received).toBe(0);
  });
});

describe("createRelay() drains", () => {
  test("finishes requests, says goodbye to tunnels and idle visitors, then resolves", async () => {
    const { visit, guest, running } = await stage({ limits: { drainTunnelsMs: SOON_MS } });
    const idle = visit();
    idle.send(GET);
    (await guest.nextRequest()).answer(OK);
    await idle.readAnswer();
    const busy = visit();
    busy.send(GET);
    const request = await guest.nextRequest();
    const tunneller = visit();
    const peer = await openTunnel(tunneller, guest);

    const drained = running.relay.drain();
    expect(await idle.readToEnd()).toBe("");
    idle.socket.end();
    await tunneller.readToEnd();
    expect(tunneller.wasReset).toBe(false);
    tunneller.socket.end();
    peer.socket.end();
    const late = visit();
    late.send(GET);
    expect((await late.readAnswer()).fields.get("preview-error")).toBe("draining");
    late.socket.end();
    request.answer(OK);
    expect((await busy.readAnswer()).fields.get("connection")).toBe("close");
    busy.socket.end();
    await drained;
    expect(running.relay.stats()).toMatchObject({
      visitors: 0,
      requests: 0,
      tunnels: 0,
      guestConnections: 0,
    });
  });

  test("stops hard where requests do not end", async () => {
    const { visit, guest, running } = await stage({ limits: { drainRequestsMs: SOON_MS } });
    const visitor = visit();
    visitor.send(GET);
    await guest.nextRequest();
    await running.relay.drain();
    expect(await visitor.readToEnd()).toBe("");
  });
});

describe("createRelay() reports", () => {
  test("each exchange once, with its outcome", async () => {
    const reports: ExchangeReport[] = [];
    const { visit, guest, running } = await stage({ onExchange: (report) => reports.push(report) });
    const visitor = visit();
    visitor.send(GET);
    (await guest.nextRequest()).answer(OK);
    await visitor.readAnswer();
    visitor.send(GET);
    const torn = await guest.nextRequest();
    torn.peer.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello");
    await visitor.readHead();
    torn.peer.socket.resetAndDestroy();
    await visitor.closed();
    const leaver = visit();
    leaver.send(GET);
    const left = await guest.nextRequest();
    leaver.socket.destroy();
    await left.peer.readToEnd();
    const tunneller = visit();
    const peer = await openTunnel(tunneller, guest);
    tunneller.socket.destroy();
    await peer.readToEnd();
    peer.socket.end();
    await expect.poll(() => reports.length).toBe(4);
    expect(reports.map(({ outcome, status }) => [outcome, status])).toEqual([
      ["answered", 200],
      ["aborted", 200],
      ["visitor_left", 0],
      ["tunnel_closed", 101],
    ]);
    expect(running.relay.stats()).toMatchObject({ requests: 0, tunnels: 0 });
  });
});
