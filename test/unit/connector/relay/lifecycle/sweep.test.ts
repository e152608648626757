import { describe, expect, test } from "vitest";
import { refuse } from "../../../../../shared/refusal/refusal.ts";
import { LINK } from "../../../../support/relay/destinations.ts";
import { GET, OK, openTunnel, RelayStage, SOON_MS } from "../../../../support/relay/relay-stage.ts";

const stage = RelayStage.set();

describe("sweep()", () => {
  test("sends 400 for a head that does not arrive", async () => {
    const { visit, guest } = await stage.start({ limits: { requestHeadTimeoutMs: SOON_MS } });
    const visitor = visit();
    // The first request has another limit: see the next test.
    visitor.send(GET);
    (await guest.nextRequest()).respond(OK);
    await visitor.readResponse();
    visitor.send("GET / HTTP/1.1\r\n");
    expect((await visitor.readResponse()).status).toBe(400);
    expect(await visitor.readToEnd()).toBe("");
  });

  test("counts the first request head's time from the connection, however slowly the others come", async () => {
    const { visit, running } = await stage.start({ limits: { unprovenTimeoutMs: SOON_MS } });
    const visitor = visit();
    const drip = setInterval(() => visitor.send("x"), 5);
    const response = await visitor.readResponse();
    clearInterval(drip);
    expect(response.status).toBe(400);
    expect(running.relay.stats().requests).toBe(0);
  });

  test("closes a connection on which no request comes", async () => {
    const { visit, guest } = await stage.start({ limits: { visitorIdleTimeoutMs: SOON_MS } });
    const visitor = visit();
    visitor.send(GET);
    (await guest.nextRequest()).respond(OK);
    await visitor.readResponse();
    expect(await visitor.readToEnd()).toBe("");
  });

  test("sends 504 where the guest sends no response", async () => {
    const { visit, guest } = await stage.start({ limits: { responseHeadTimeoutMs: SOON_MS } });
    const visitor = visit();
    visitor.send(GET);
    const { peer } = await guest.nextRequest();
    const response = await visitor.readResponse();
    expect([response.status, response.fields.get("preview-error")]).toEqual([504, "guest_timeout"]);
    await peer.readToEnd();
  });

  test("sends 504 for a response head of one byte at a time", async () => {
    const { visit, guest } = await stage.start({ limits: { responseHeadTimeoutMs: SOON_MS } });
    const visitor = visit();
    visitor.send(GET);
    const { peer } = await guest.nextRequest();
    peer.send("HTTP/1.1 200 OK\r\nx: ");
    const drip = setInterval(() => peer.send("x"), 5);
    const response = await visitor.readResponse();
    clearInterval(drip);
    expect(response.status).toBe(504);
  });

  test("sends 503 where the first pass is not verified in time", async () => {
    const { visit } = await stage.start({
      limits: { unprovenTimeoutMs: SOON_MS },
      findDestination: () => new Promise(() => {}),
    });
    const visitor = visit();
    visitor.send(GET);
    const { status, fields } = await visitor.readResponse();
    expect([status, fields.get("preview-error")]).toEqual([503, "edge_unavailable"]);
  });

  test("sends 504 where a later destination is not found in time", async () => {
    const { visit } = await stage.start({
      limits: { responseHeadTimeoutMs: SOON_MS },
      findDestination: ({ target }) => (target === "/" ? refuse("guest_not_here") : new Promise(() => {})),
    });
    const visitor = visit();
    visitor.send(GET);
    expect((await visitor.readResponse()).status).toBe(421);
    visitor.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
    expect((await visitor.readResponse()).status).toBe(504);
  });

  test("refuses a request without a response at the end of its grant", async () => {
    const { visit, guest } = await stage.start({
      destination: { link: LINK, expiresAtMs: Date.now() + 300 },
    });
    const visitor = visit();
    visitor.send(GET);
    await guest.nextRequest();
    const { status, fields } = await visitor.readResponse();
    expect([status, fields.get("preview-error")]).toEqual([403, "link_expired"]);
  });

  test("resets a stream that has gone silent", async () => {
    const { visit, guest } = await stage.start({ limits: { bodyIdleTimeoutMs: SOON_MS } });
    const visitor = visit();
    visitor.send(GET);
    (await guest.nextRequest()).peer.send(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
    );
    expect(await visitor.readToEnd()).toMatch(/hello\r\n$/);
    expect(await visitor.isAborted()).toBe(true);
  });

  test("closes a guest's idle connection before the guest would", async () => {
    const { visit, guest } = await stage.start({ limits: { guestIdleTimeoutMs: SOON_MS } });
    const visitor = visit();
    visitor.send(GET);
    const { peer, ...request } = await guest.nextRequest();
    expect(request).toBeDefined();
    peer.send(OK);
    await visitor.readResponse();
    expect(await peer.readToEnd()).toBe("");
  });

  test("cuts streams and tunnels at the end of their grant", async () => {
    const { visit, guest, running } = await stage.start({ destination: { expiresAtMs: Date.now() + 300 } });
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

  test("destroys a tunnel that stays open on one side only", async () => {
    const { visit, guest } = await stage.start({ limits: { halfOpenTimeoutMs: SOON_MS } });
    const visitor = visit();
    const peer = await openTunnel(visitor, guest);
    visitor.socket.end();
    await peer.readToEnd();
    await visitor.readToEnd();
  });
});
