import { setTimeout } from "node:timers/promises";
import pino from "pino";
import { afterEach, expect, test, vi } from "vitest";
import { Announcer } from "../../../connector/edge/announcer.ts";
import { Guest } from "../../../connector/guests/guest.ts";
import type { GuestTable } from "../../../connector/guests/guest-table.ts";
import type { PortEvent } from "../../../shared/protocol/agent-protocol.ts";
import { FAKE_AGENT_ADDRESS, FakeAgent } from "../../support/connector/fake-agent.ts";
import { FakeEdge } from "../../support/connector/fake-edge.ts";

const FLAPPING_MS = 3_000;
/** The connector reads an agent's stream at most as often. */
const FLAP_MS = 100;

let agent: FakeAgent;
let guest: Guest;
let announcer: Announcer;

afterEach(() => {
  guest?.stop();
  announcer?.stop();
  agent?.close();
});

function open(port: number): PortEvent {
  return { event: "change", open: [{ port, reach: "direct" }], close: [], waiting: [] };
}

function close(port: number): PortEvent {
  return { event: "change", open: [], close: [port], waiting: [] };
}

test("1.6: an agent whose ports flap ten times a second for 3 s costs 4 reports, and its last state arrives", async () => {
  agent = new FakeAgent();
  const agentPort = await agent.listen();
  const edge = new FakeEdge();
  guest = new Guest(
    {
      sandboxId: "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b",
      workspace: "ws",
      address: FAKE_AGENT_ADDRESS,
      agentPort,
      ports: [],
      publicPorts: [],
      generation: "1700000000000-abcdefgh",
    },
    { onPortsChange: (changed) => announcer.reportPorts(changed) },
  );
  const guests = { holds: () => true, list: () => [guest] } as unknown as GuestTable;
  announcer = new Announcer({
    edge: edge.client,
    guests,
    log: pino({ level: "silent" }),
    renew: async () => {},
  });
  guest.start();
  await vi.waitFor(() => expect(guest.agentFollowed).toBe(true));

  const untilMs = performance.now() + FLAPPING_MS;
  for (let count = 0; performance.now() < untilMs; count++) {
    agent.sendEvent(count % 2 === 0 ? open(3000) : close(3000));
    await setTimeout(FLAP_MS);
  }
  agent.sendEvent(open(4000));
  agent.sendEvent(open(3000));
  await vi.waitFor(() => expect(edge.calls.at(-1)).toBe("ports 3000,4000"), { timeout: 3_000 });
  expect(edge.calls.length).toBeLessThanOrEqual(1 + FLAPPING_MS / 1_000 + 1);
  await setTimeout(1_200);
  expect(edge.calls.at(-1), "and nothing more").toBe("ports 3000,4000");
});
