import { describe, expect, test } from "vitest";
import { GET, OK, openTunnel, RelayStage, SOON_MS } from "../../../../support/relay/relay-stage.ts";

const stage = RelayStage.set();

describe("Drain", () => {
  test("finishes requests, closes tunnels and idle visitors, then resolves", async () => {
    const { visit, guest, running } = await stage.start({ limits: { drainTunnelsMs: SOON_MS } });
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
    const late = visit();
    late.send(GET);
    expect((await late.readResponse()).fields.get("preview-error")).toBe("draining");
    late.socket.end();
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

  test("stops hard where requests do not end", async () => {
    const { visit, guest, running } = await stage.start({ limits: { drainRequestsMs: SOON_MS } });
    const visitor = visit();
    visitor.send(GET);
    await guest.nextRequest();
    await running.relay.drain();
    expect(await visitor.readToEnd()).toBe("");
  });
});
