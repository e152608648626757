import { afterEach, describe, expect, test, vi } from "vitest";
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
