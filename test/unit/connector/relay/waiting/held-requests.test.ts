import { describe, expect, test } from "vitest";
import type { Destination, RelayLimits } from "../../../../../connector/relay/relay.ts";
import { refuse } from "../../../../../shared/refusal/refusal.ts";
import { ClosedPort } from "../../../../support/relay/closed-port.ts";
import { RawPeer } from "../../../../support/relay/raw-peer.ts";
import { ACCEPTED, GET, HANDSHAKE, OK, RelayStage, SOON_MS } from "../../../../support/relay/relay-stage.ts";
import { destinationTo } from "../../../../support/relay/start-relay.ts";

const PREFER = "GET / HTTP/1.1\r\nHost: a\r\nPrefer: wait=9\r\n\r\n";

const stage = RelayStage.set();

async function start(facts: { limits?: Partial<RelayLimits>; destination?: Partial<Destination> } = {}) {
  const guest = await stage.startGuest();
  const port = new ClosedPort(guest.port);
  const destination = destinationTo(guest.port, { upstream: port.upstream, ...facts });
  const running = await stage.startRelay(guest.port, { ...facts, findDestination: () => destination });
  const visit = () => new RawPeer(running.connect());
  /** Sends a request, and waits until it is held. */
  const hold = async (request: string): Promise<RawPeer> => {
    const visitor = visit();
    const before = port.watched;
    visitor.send(request);
    await expect.poll(() => port.watched).toBe(before + 1);
    return visitor;
  };
  return { guest, port, running, destination, visit, hold };
}

describe("a request to a closed port", () => {
  test.each([
    ["a GET", GET, "GET"],
    ["a navigation", "GET / HTTP/1.1\r\nHost: a\r\nSec-Fetch-Mode: navigate\r\n\r\n", "GET"],
    ["a HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\nPrefer: wait=9\r\n\r\n", "HEAD"],
    ["an OPTIONS", "OPTIONS / HTTP/1.1\r\nHost: a\r\nPrefer: wait=9\r\n\r\n", "OPTIONS"],
    ["a POST", "POST / HTTP/1.1\r\nHost: a\r\nPrefer: wait=9\r\nContent-Length: 2\r\n\r\nhi", "POST"],
  ])("is refused at once with a time to come again: %s", async (_case, request, method) => {
    const { port, visit } = await start();
    const visitor = visit();
    visitor.send(request);
    const { status, fields, body } = await visitor.readResponse(method);
    expect([status, fields.get("preview-error"), fields.get("retry-after")]).toEqual([
      502,
      "port_closed",
      "2",
    ]);
    expect(fields.get("preference-applied")).toBeUndefined();
    if (method === "HEAD") expect(body).toBe("");
    expect(port.watched).toBe(0);
  });

  test("is a problem for an OPTIONS that would take HTML", async () => {
    const { visit } = await start();
    const visitor = visit();
    visitor.send("OPTIONS / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n");
    const { fields } = await visitor.readResponse("OPTIONS");
    expect(fields.get("content-type")).toBe("application/problem+json");
  });
});

describe("a GET that prefers to wait", () => {
  test("is sent to the app once the port opens", async () => {
    const { guest, port, running, hold } = await start();
    const visitor = await hold(PREFER);
    expect(running.relay.stats()).toMatchObject({ requests: 0, waiters: 1, pools: 0 });
    port.open();
    const seen = await guest.nextRequest();
    expect(seen.fields.get("prefer")).toBe("wait=9");
    expect(running.relay.stats()).toMatchObject({ requests: 1, waiters: 0 });
    seen.respond(OK);
    expect((await visitor.readResponse()).body).toBe("ok");
  });

  test("is refused after its time, and told what was applied", async () => {
    const { port, visit } = await start({ limits: { maxHoldMs: 1_000 } });
    const visitor = visit();
    visitor.send(PREFER);
    const { status, fields, body } = await visitor.readResponse();
    expect([status, fields.get("preference-applied"), fields.get("retry-after")]).toEqual([
      502,
      "wait=1",
      "2",
    ]);
    expect(JSON.parse(body)).toMatchObject({ code: "port_closed", open_ports: [5173] });
    expect(port.watched).toBe(0);
  });

  test("is refused where the port closes again before it is dialled", async () => {
    const { port, hold } = await start();
    const visitor = await hold(PREFER);
    port.announce();
    expect((await visitor.readResponse()).fields.get("preview-error")).toBe("port_closed");
    expect([port.watched, port.dials]).toEqual([0, 2]);
  });

  test("takes no slot while it is held, and is refused where there is none when the port opens", async () => {
    const { guest, port, visit, hold } = await start({ limits: { maxRequestsPerSandbox: 1 } });
    const first = await hold(PREFER);
    const second = await hold(PREFER);
    port.open();
    const statuses = [(await second.readResponse()).status];
    (await guest.nextRequest()).respond(OK);
    statuses.push((await first.readResponse()).status);
    expect(statuses).toEqual([503, 200]);
    visit();
  });

  test("is refused at once beyond eight of one client, and one that leaves makes room", async () => {
    const { running, visit, hold } = await start();
    const held: RawPeer[] = [];
    for (let count = 0; count < 8; count++) held.push(await hold(PREFER));
    const ninth = visit();
    ninth.send(PREFER);
    const { status, fields } = await ninth.readResponse();
    expect([status, fields.get("preview-error")]).toEqual([502, "port_closed"]);
    held[0]!.socket.destroy();
    await expect.poll(() => running.relay.stats().waiters).toBe(7);
    await hold(PREFER);
  });

  test("asks the edge again when its guest is detached or replaced", async () => {
    const { running, destination, hold } = await start();
    const visitor = await hold(PREFER);
    running.relay.closeGuest(destination.upstream.guest);
    expect((await visitor.readResponse()).fields.get("preview-error")).toBe("guest_not_here");
  });

  test("is refused at a drain", async () => {
    const { running, hold } = await start();
    const visitor = await hold(PREFER);
    const drained = running.relay.drain();
    const { status, fields } = await visitor.readResponse();
    expect([status, fields.get("preview-error"), fields.get("retry-after")]).toEqual([503, "draining", "1"]);
    await drained;
  });

  test("is refused when its grant is revoked or expires", async () => {
    const revoked = await start();
    const first = await revoked.hold(PREFER);
    revoked.running.relay.cut(() => refuse("suspended"));
    expect((await first.readResponse()).fields.get("preview-error")).toBe("suspended");
    const expired = await start({ destination: { expiresAtMs: Date.now() + 500 } });
    const second = await expired.hold(PREFER);
    expect((await second.readResponse()).fields.get("preview-error")).toBe("link_expired");
    expect([revoked.port.watched, expired.port.watched]).toEqual([0, 0]);
  });
});

describe("an upgrade to a closed port", () => {
  test("is held, and becomes a tunnel once the port opens, with what was sent ahead", async () => {
    const { guest, port, hold } = await start();
    const visitor = await hold(`${HANDSHAKE}ahead`);
    port.open();
    const { peer } = await guest.nextRequest();
    peer.send(ACCEPTED);
    expect(await visitor.readHead()).toMatch(/^HTTP\/1\.1 101 /);
    expect(await peer.readBytes(5)).toBe("ahead");
  });

  test("is refused after its time", async () => {
    const { visit } = await start({ limits: { upgradeHoldMs: SOON_MS } });
    const visitor = visit();
    visitor.send(HANDSHAKE);
    const { status, fields } = await visitor.readResponse();
    expect([status, fields.get("preference-applied")]).toEqual([502, undefined]);
  });
});
