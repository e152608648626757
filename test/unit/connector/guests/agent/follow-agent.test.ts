import { promisify } from "node:util";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  AGENT_EXPECTED_MS,
  AGENT_MAX_RETRY_MS,
  AGENT_RARE_RETRY_MS,
} from "../../../../../connector/guests/agent/agent-limits.ts";
import { followAgent } from "../../../../../connector/guests/agent/follow-agent.ts";
import { FAKE_AGENT_ADDRESS } from "../../../../support/connector/fake-agent.ts";
import { GuestStage } from "../../../../support/connector/guest-stage.ts";

const stage = new GuestStage();

afterEach(() => stage.close());

describe("followAgent() of a hostile agent", () => {
  const reports = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ port: index + 1, reach: "direct" }));
  const snapshot = (count: number) =>
    `${JSON.stringify({ event: "snapshot", ports: reports(count), waiting: [] })}\n`;

  test.each([
    ["sends no JSON", "GET / HTTP/1.1\n"],
    ["reports 60 000 ports", snapshot(60_000)],
    ["reports 33 ports", snapshot(33)],
    ["never ends its line", "x".repeat(20_000)],
    ["reports port 0", '{"event":"change","open":[{"port":0,"reach":"direct"}],"close":[],"waiting":[]}\n'],
    [
      "reports a port of another machine",
      '{"event":"change","open":[{"port":80,"reach":"10.0.0.1"}],"close":[],"waiting":[]}\n',
    ],
  ])("ends the stream when it %s, keeps the ports, and connects again", async (_what, text) => {
    const { agent, port } = await stage.startAgent({
      ports: [{ port: 3000, reach: "direct" }],
      waiting: [],
    });
    const { guest } = stage.createGuest(port);
    await vi.waitFor(() => expect(guest.agentFollowed).toBe(true));
    agent.scan = { ports: [{ port: 3001, reach: "direct" }], waiting: [] };
    agent.sendText(text);
    await vi.waitFor(() => expect(guest.ports).toEqual([3001]), 5_000);
  });
});

describe("followAgent() that is stopped", () => {
  test("closes its stream, and reports nothing any more", async () => {
    const { agent, port } = await stage.startAgent({
      ports: [{ port: 3000, reach: "direct" }],
      waiting: [],
    });
    const { guest, changes } = stage.createGuest(port);
    await vi.waitFor(() => expect(guest.agentFollowed).toBe(true));
    const countStreams = promisify(agent.server.getConnections.bind(agent.server));
    expect(await countStreams()).toBe(1);
    guest.end();
    agent.sendEvent({ event: "change", open: [{ port: 3001, reach: "direct" }], close: [], waiting: [] });
    await vi.waitFor(async () => expect(await countStreams()).toBe(0));
    expect(changes).toEqual([[3000]]);
  });
});

describe("followAgent() of a guest without an agent", () => {
  test("tries every 5 s in the first minute, then once a minute, and 5 s after the last time where it is visited", async () => {
    const port = await stage.findClosedPort();
    vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
    let lost = Promise.withResolvers<number>();
    const follower = followAgent(
      { host: FAKE_AGENT_ADDRESS, port },
      { onEvent: () => {}, onLost: () => lost.resolve(performance.now()) },
    );
    stage.defer(() => {
      follower.stop();
      vi.useRealTimers();
    });
    const nextLoss = async (): Promise<number> => {
      const atMs = await lost.promise;
      lost = Promise.withResolvers();
      return atMs;
    };
    let beforeMs = await nextLoss();
    const startMs = beforeMs;
    while (beforeMs - startMs < 400_000) {
      follower.hurry();
      vi.runOnlyPendingTimers();
      const nowMs = await nextLoss();
      const longest = beforeMs - startMs < AGENT_EXPECTED_MS ? AGENT_MAX_RETRY_MS : AGENT_RARE_RETRY_MS;
      expect(nowMs - beforeMs).toBeLessThanOrEqual(1.25 * longest);
      beforeMs = nowMs;
    }
    vi.advanceTimersByTime(AGENT_MAX_RETRY_MS);
    follower.hurry();
    expect((await nextLoss()) - beforeMs).toBe(AGENT_MAX_RETRY_MS);
    vi.runOnlyPendingTimers();
    expect((await nextLoss()) - beforeMs).toBeGreaterThan(0.75 * AGENT_RARE_RETRY_MS);
  });
});
