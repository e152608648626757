import { describe, expect, test } from "vitest";
import { GET, OK, openTunnel, RelayStage, SOON_MS } from "../../../../support/relay/relay-stage.ts";

const stage = RelayStage.set();

describe("retire() of a relay", () => {
  test("keeps tunnels, and closes visitors after their next response or a silence", async () => {
    const { visit, guest, running } = await stage.start({ limits: { drainIdleMs: SOON_MS } });
    const tunneller = visit();
    const peer = await openTunnel(tunneller, guest);
    const busy = visit();
    busy.send(GET);
    const request = await guest.nextRequest();
    const idle = visit();
    idle.send(GET);
    (await guest.nextRequest()).respond(OK);
    await idle.readResponse();
    running.relay.retire();
    expect(await idle.readToEnd()).toBe("");
    request.respond(OK);
    expect((await busy.readResponse()).fields.get("connection")).toBe("close");
    peer.send("hello");
    await tunneller.readUntil("hello");
    expect(running.relay.stats().tunnels).toBe(1);
  });
});

describe("Drain", () => {
  test("finishes requests, closes tunnels and idle visitors, then resolves", async () => {
    const limits = { drainTunnelsMs: SOON_MS, drainIdleMs: SOON_MS };
    const { visit, guest, running } = await stage.start({ limits });
    const idle = visit();
    idle.send(GET);
    (await guest.nextRequest()).respond(OK);
    await idle.readResponse();
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
    request.respond(OK);
    expect((await busy.readResponse()).fields.get("connection")).toBe("close");
    busy.socket.end();
    await drained;
    expect(running.relay.stats()).toMatchObject({
      visitors: 0,
      requests: 0,
      tunnels: 0,
      guestConnections: 0,
    });
  });

  test("refuses requests without a response at the end, and resets those with a part of one", async () => {
    const { visit, guest, running } = await stage.start({ limits: { drainRequestsMs: SOON_MS } });
    const waiting = visit();
    waiting.send(GET);
    await guest.nextRequest();
    const streaming = visit();
    streaming.send(GET);
    (await guest.nextRequest()).peer.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello");
    await streaming.readUntil("hello");
    const drained = running.relay.drain();
    const refused = await waiting.readResponse();
    expect([refused.status, refused.fields.get("preview-error")]).toEqual([503, "draining"]);
    waiting.socket.end();
    await streaming.readToEnd();
    expect(await streaming.isAborted()).toBe(true);
    await drained;
  });

  test("serves what an idle visitor, and one that comes late, still ask for, and then closes", async () => {
    const { visit, guest, running } = await stage.start({ limits: { drainIdleMs: 60_000 } });
    const idle = visit();
    idle.send(GET);
    (await guest.nextRequest()).respond(OK);
    await idle.readResponse();
    let accepts = true;
    const drained = running.relay.drain({
      stopAccepting() {
        accepts = false;
      },
    });
    const late = visit();
    for (const visitor of [late, idle]) {
      expect(accepts).toBe(true);
      visitor.send(GET);
      (await guest.nextRequest()).respond(OK);
      const { status, fields } = await visitor.readResponse();
      expect([status, fields.get("connection")]).toEqual([200, "close"]);
      expect(await visitor.readToEnd()).toBe("");
      visitor.socket.end();
    }
    await drained;
    expect(accepts).toBe(false);
  });

  test("stops hard where visitors do not close", async () => {
    const limits = { drainRequestsMs: SOON_MS, drainHardStopMs: 3 * SOON_MS, lingerTimeoutMs: 60_000 };
    const { visit, guest, running } = await stage.start({ limits });
    const visitor = visit();
    visitor.send(GET);
    await guest.nextRequest();
    await running.relay.drain();
    expect((await visitor.readResponse()).status).toBe(503);
  });
});
