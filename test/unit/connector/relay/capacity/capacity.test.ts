import { describe, expect, test } from "vitest";
import { RawPeer } from "../../../../support/relay/raw-peer.ts";
import { GET, HANDSHAKE, OK, openTunnel, RelayStage } from "../../../../support/relay/relay-stage.ts";
import { destinationTo } from "../../../../support/relay/start-relay.ts";

const stage = RelayStage.set();

const WITHOUT_SHARES = { sharesBindAtPercent: 101 };

describe("Capacity", () => {
  test("sends 503 for one request more than a sandbox may have, and takes the next when one is over", async () => {
    const { visit, guest } = await stage.start({ limits: { maxRequestsPerSandbox: 2, ...WITHOUT_SHARES } });
    const visitors = [visit(), visit()];
    for (const visitor of visitors) visitor.send(GET);
    const seen = [await guest.nextRequest(), await guest.nextRequest()];
    const third = visit();
    third.send(GET);
    const refused = await third.readResponse();
    expect([refused.status, refused.fields.get("preview-error")]).toEqual([503, "too_many_connections"]);
    expect(refused.fields.get("retry-after")).toBe("1");
    for (const request of seen) request.respond(OK);
    for (const visitor of visitors) await visitor.readResponse();
    third.send(GET);
    (await guest.nextRequest()).respond(OK);
    expect((await third.readResponse()).status).toBe(200);
  });

  test("sends 503 for one tunnel more than a sandbox may have", async () => {
    const { visit, guest } = await stage.start({ limits: { maxTunnelsPerSandbox: 1 } });
    const first = await openTunnel(visit(), guest);
    const second = visit();
    second.send(HANDSHAKE);
    expect((await second.readResponse()).status).toBe(503);
    first.socket.destroy();
    await first.closed();
  });

  test("counts each sandbox alone, and all together", async () => {
    const guest = await stage.startGuest();
    const tenants = ["a", "b", "c"].map((sandboxId) =>
      destinationTo(guest.port, { upstream: { guest: { sandboxId } } }),
    );
    const running = await stage.startRelay(guest.port, {
      limits: { maxRequestsPerSandbox: 1, maxStreams: 2, ...WITHOUT_SHARES },
      findDestination: ({ target }) => tenants[Number(target.slice(1))]!,
    });
    const statuses: Promise<number>[] = [];
    for (const path of ["/0", "/1"]) {
      new RawPeer(running.connect()).send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      await guest.nextRequest();
    }
    for (const path of ["/1", "/2"]) {
      const visitor = new RawPeer(running.connect());
      visitor.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      statuses.push(visitor.readResponse().then(({ status }) => status));
    }
    expect(await Promise.all(statuses)).toEqual([503, 503]);
  });

  test("sends 503 on a visitor's connection beyond the limit", async () => {
    const { visit, guest } = await stage.start({ limits: { maxVisitorConnections: 1 } });
    const first = visit();
    first.send(GET);
    const seen = await guest.nextRequest();
    const second = visit();
    second.send(GET);
    expect((await second.readResponse()).status).toBe(503);
    expect(await second.readToEnd()).toBe("");
    seen.respond(OK);
    expect((await first.readResponse()).status).toBe(200);
  });
});
