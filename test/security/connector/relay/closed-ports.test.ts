import { describe, expect, test } from "vitest";
import { refuse } from "../../../../shared/refusal/refusal.ts";
import { heapUsedBytes } from "../../../support/collect-garbage.ts";
import { RawPeer } from "../../../support/relay/raw-peer.ts";
import { openTunnel, RelayStage } from "../../../support/relay/relay-stage.ts";
import type { RunningRelay } from "../../../support/relay/start-relay.ts";
import { destinationTo } from "../../../support/relay/start-relay.ts";

const REQUESTS = 40_000;
const BATCH = 500;
/** Each pool that stayed took 469 bytes: 18 MB. */
const MAX_GROWTH_BYTES = 3 * 1024 * 1024;

const stage = RelayStage.set();

/** A relay with an open tunnel to one port of a guest; all its other ports are closed. */
async function start(): Promise<{ running: RunningRelay; visitor: RawPeer }> {
  const guest = await stage.startGuest();
  const open = destinationTo(guest.port);
  const closed = { guest: open.upstream.guest, dial: async () => refuse("port_closed") };
  const running = await stage.startRelay(guest.port, {
    findDestination: ({ target }) => (target === "/ws" ? open : destinationTo(1, { upstream: closed })),
  });
  await openTunnel(new RawPeer(running.connect()), guest);
  return { running, visitor: new RawPeer(running.connect()) };
}

async function requestClosedPorts(visitor: RawPeer): Promise<void> {
  const statuses = new Set<number>();
  visitor.send("GET /closed HTTP/1.1\r\nHost: a\r\n\r\n".repeat(BATCH));
  for (let index = 0; index < BATCH; index++) statuses.add((await visitor.readResponse()).status);
  expect([...statuses]).toEqual([502]);
}

describe("1.5 Requests to closed ports while a tunnel is open", () => {
  test("leave nothing behind: 40 000 of them", async () => {
    const { running, visitor } = await start();
    for (let count = 0; count < 10; count++) await requestClosedPorts(visitor);
    const before = heapUsedBytes();
    for (let sent = 0; sent < REQUESTS; sent += BATCH) {
      await requestClosedPorts(visitor);
      expect(running.relay.stats().pools).toBe(0);
    }
    expect(heapUsedBytes() - before).toBeLessThan(MAX_GROWTH_BYTES);
    expect(running.relay.stats()).toMatchObject({ tunnels: 1, requests: 0 });
  });
});
