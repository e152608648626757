import { once } from "node:events";
import type * as net from "node:net";
import { describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { RawPeer } from "../../../../support/relay/raw-peer.ts";
import { ACCEPTED, HANDSHAKE, openTunnel, RelayStage } from "../../../../support/relay/relay-stage.ts";
import type { RunningRelay } from "../../../../support/relay/start-relay.ts";

/** The close frame of status 1001, from a server and from a client (RFC 6455, section 5.5.1). */
const GOING_AWAY = "\x88\x02\x03\xe9";
const MASKED_GOING_AWAY = /^\x88\x82.{6}$/s;

const QUICK_DRAIN = { limits: { drainTunnelsMs: 1, lingerTimeoutMs: 200 } };

const stage = RelayStage.set();

async function startTunnel(): Promise<{ running: RunningRelay; visitor: RawPeer; peer: RawPeer }> {
  const { guest, running, visit } = await stage.start(QUICK_DRAIN);
  const visitor = visit();
  return { running, visitor, peer: await openTunnel(visitor, guest) };
}

describe("Tunnel.close()", () => {
  test("sends status 1001 to both sides", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    stage.onClose(() => server.close());
    await once(server, "listening");
    const running = await stage.startRelay((server.address() as net.AddressInfo).port, QUICK_DRAIN);
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

  test("completes a frame that has begun, and drops what comes behind it", async () => {
    const { running, visitor, peer } = await startTunnel();
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
    const { running, visitor, peer } = await startTunnel();
    peer.send("\x82\x05hel");
    await visitor.readUntil("hel");
    await running.relay.drain();
    expect(await visitor.readToEnd()).toBe("");
    expect(await peer.readToEnd()).toMatch(MASKED_GOING_AWAY);
  });

  test("counts what the guest has sent behind its 101, and what the visitor has sent ahead of it", async () => {
    const { guest, running, visit } = await stage.start(QUICK_DRAIN);
    const visitor = visit();
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

  test("sends no close frame to a side that has already got an end", async () => {
    const { running, visitor, peer } = await startTunnel();
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
