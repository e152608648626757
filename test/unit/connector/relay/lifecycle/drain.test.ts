import { once } from "node:events";
import type * as net from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { RawGuest } from "../../../../support/raw-guest.ts";
import { RawPeer } from "../../../../support/raw-peer.ts";
import { type RunningRelay, startRelay } from "../../../../support/start-relay.ts";

const HANDSHAKE =
  "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const ACCEPTED =
  "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/** What an endpoint gets that goes away itself, from a server and from a client (RFC 6455, section 5.5.1). */
const GOING_AWAY = "\x88\x02\x03\xe9";
const MASKED_GOING_AWAY = /^\x88\x82.{6}$/s;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function start(guestPort: number): Promise<RunningRelay> {
  const running = await startRelay(guestPort, { limits: { drainTunnelsMs: 1, lingerTimeoutMs: 200 } });
  closers.push(running.close);
  return running;
}

async function openTunnel(): Promise<{ running: RunningRelay; visitor: RawPeer; peer: RawPeer }> {
  const guest = await RawGuest.start();
  closers.push(() => guest.close());
  const running = await start(guest.port);
  const visitor = new RawPeer(running.connect());
  visitor.send(HANDSHAKE);
  const { peer } = await guest.nextRequest();
  peer.send(ACCEPTED);
  await visitor.readHead();
  return { running, visitor, peer };
}

describe("a tunnel that drains", () => {
  test("tells both sides by status 1001 that they are left", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    closers.push(() => server.close());
    await once(server, "listening");
    const running = await start((server.address() as net.AddressInfo).port);
    const connected = once(server, "connection");
    const client = new WebSocket(`ws://127.0.0.1:${running.port}/`);
    const [serverSide] = (await connected) as [WebSocket];
    const codes = Promise.all([once(client, "close"), once(serverSide, "close")]);
    await once(client, "open");
    client.send("x".repeat(70_000));
    await once(serverSide, "message");

    await running.relay.drain();
    expect((await codes).map(([code]) => code)).toEqual([1001, 1001]);
  });

  test("finishes a frame that is under way, and leaves out what comes behind it", async () => {
    const { running, visitor, peer } = await openTunnel();
    peer.send("\x82\x05hel");
    await visitor.readUntil("hel");
    visitor.send("\x82\x85mask12");
    await peer.readUntil("12");
    const drained = running.relay.drain();
    peer.send("lo\x82\x01x");
    expect(await visitor.readToEnd()).toBe(`lo${GOING_AWAY}`);
    visitor.send("345\x82\x81mask1");
    const rest = await peer.readToEnd();
    expect(rest.slice(0, 3)).toBe("345");
    expect(rest.slice(3)).toMatch(MASKED_GOING_AWAY);
    visitor.socket.end();
    peer.socket.end();
    await drained;
  });

  test("ends without a close frame where a frame stays unfinished", async () => {
    const { running, visitor, peer } = await openTunnel();
    peer.send("\x82\x05hel");
    await visitor.readUntil("hel");
    await running.relay.drain();
    expect(await visitor.readToEnd()).toBe("");
    expect(await peer.readToEnd()).toMatch(MASKED_GOING_AWAY);
  });

  test("counts what the guest has sent behind its 101, and what the visitor has sent ahead of it", async () => {
    const guest = await RawGuest.start();
    closers.push(() => guest.close());
    const running = await start(guest.port);
    const visitor = new RawPeer(running.connect());
    visitor.send(`${HANDSHAKE}\x82\x85mask12`);
    const { peer } = await guest.nextRequest();
    peer.send(`${ACCEPTED}\x82\x05hel`);
    await visitor.readUntil("hel");
    await peer.readUntil("12");
    const drained = running.relay.drain();
    peer.send("lo");
    visitor.send("345");
    expect(await visitor.readToEnd()).toBe(`lo${GOING_AWAY}`);
    expect((await peer.readToEnd()).slice(3)).toMatch(MASKED_GOING_AWAY);
    visitor.socket.end();
    peer.socket.end();
    await drained;
  });

  test("says nothing to a side that has finished sending and got an end", async () => {
    const { running, visitor, peer } = await openTunnel();
    visitor.socket.end();
    expect(await peer.readToEnd()).toBe("");
    const drained = running.relay.drain();
    expect(await visitor.readToEnd()).toBe(GOING_AWAY);
    expect(peer.unread).toBe("");
    expect(peer.wasReset).toBe(false);
    peer.socket.end();
    await drained;
  });
});
