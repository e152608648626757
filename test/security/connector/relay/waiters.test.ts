import { describe, expect, test } from "vitest";
import type { Destination } from "../../../../connector/relay/relay.ts";
import { heapUsedBytes } from "../../../support/collect-garbage.ts";
import { ClosedPort } from "../../../support/relay/closed-port.ts";
import { RawPeer } from "../../../support/relay/raw-peer.ts";
import { OK, RelayStage } from "../../../support/relay/relay-stage.ts";
import { destinationTo } from "../../../support/relay/start-relay.ts";

const PER_CLIENT = 8;
const PER_SANDBOX = 128;
const CLIENTS = PER_SANDBOX / PER_CLIENT;

const ROUNDS = 200;
/** 16 places of each round that stayed would take more. */
const MAX_GROWTH_BYTES = 1024 * 1024;

const stage = RelayStage.set();

/** A guest whose port 3000 is closed; the path names the client, `/app` the open port. */
async function start() {
  const guest = await stage.startGuest();
  const closed = new ClosedPort(guest.port);
  const open = destinationTo(guest.port);
  const shared = { guest: open.upstream.guest, port: 3000 };
  const toClosed = (clientIp: string): Destination =>
    destinationTo(3000, { upstream: { ...closed.upstream, ...shared }, destination: { clientIp } });
  const running = await stage.startRelay(guest.port, {
    findDestination: ({ target }) => (target === "/app" ? open : toClosed(target.slice(1))),
  });
  const wait = (clientIp: string): RawPeer => {
    const visitor = new RawPeer(running.connect());
    visitor.send(`GET /${clientIp} HTTP/1.1\r\nHost: a\r\npreview-wait: 1\r\n\r\n`);
    return visitor;
  };
  return { guest, closed, open, running, wait };
}

describe("2.9 Visitors that wait for a port", () => {
  test("have 8 places for a client and 128 for a sandbox, and take none of its app's visitors", async () => {
    const { guest, running, wait } = await start();
    const waiting = Array.from({ length: PER_SANDBOX }, (_, index) => wait(`192.0.2.${index % CLIENTS}`));
    for (const visitor of waiting) expect(await visitor.readHead()).toMatch(/^HTTP\/1\.1 200 /);
    for (const clientIp of ["192.0.2.0", "198.51.100.1"]) {
      const { status, fields } = await wait(clientIp).readResponse();
      expect([status, fields.get("preview-error")]).toEqual([503, "too_many_connections"]);
      expect(fields.get("retry-after")).toBe("5");
    }
    expect(running.relay.stats()).toMatchObject({ waiters: PER_SANDBOX, requests: 0 });
    const visitor = new RawPeer(running.connect());
    visitor.send("GET /app HTTP/1.1\r\nHost: a\r\n\r\n");
    (await guest.nextRequest()).respond(OK);
    expect((await visitor.readResponse()).status).toBe(200);
  });

  test("leave nothing behind: 3 200 of them that leave or are served", async () => {
    const { closed, open, running, wait } = await start();
    const pass = async (): Promise<void> => {
      const waiting = Array.from({ length: 2 * PER_CLIENT }, (_, index) => wait(`192.0.2.${index % 4}`));
      for (const visitor of waiting) await visitor.readUntil("waiting");
      for (const { socket } of waiting.slice(PER_CLIENT)) socket.destroy();
      await expect.poll(() => running.relay.stats().waiters, { interval: 1 }).toBe(PER_CLIENT);
      closed.announce();
      for (const visitor of waiting.slice(0, PER_CLIENT)) await visitor.readUntil("event: open");
      for (const { socket } of waiting) socket.destroy();
    };
    for (let round = 0; round < 20; round++) await pass();
    const before = heapUsedBytes();
    for (let round = 0; round < ROUNDS; round++) await pass();
    await expect.poll(() => running.relay.stats().visitors).toBe(0);
    expect([running.relay.stats().waiters, closed.watched]).toEqual([0, 0]);
    expect(heapUsedBytes() - before).toBeLessThan(MAX_GROWTH_BYTES);
    running.relay.closeGuest(open.upstream.guest);
  });
});
