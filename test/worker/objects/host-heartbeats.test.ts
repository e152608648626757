import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { GuestStart, HeartbeatResponse } from "../../../shared/protocol/host-api.ts";
import { encodeHeartbeat, encodeHeartbeatChanges } from "../../../shared/protocol/host-api.ts";
import { HOST_SUSPECTED_MS } from "../../../worker/objects/host.ts";
import { createGeneration, Deployment, environment, fetchEdge } from "../deployment.ts";

const NOW_MS = 1_800_000_000_000;

let deployment: Deployment;
let guest: GuestStart;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
  deployment = await Deployment.create();
  const { id, generation } = await deployment.attachSandbox();
  guest = { sandboxId: id, generation };
});

afterEach(() => {
  vi.useRealTimers();
});

async function beat(body: object): Promise<HeartbeatResponse> {
  return (await deployment.host.callApi("heartbeat", body)).json();
}

const sendAll = (guests: readonly GuestStart[]) => beat(encodeHeartbeat(guests, NOW_MS + 1));

function sendChanges(
  since: string | undefined,
  attached: readonly GuestStart[],
  ended: readonly string[],
  count: number,
): Promise<HeartbeatResponse> {
  return beat(encodeHeartbeatChanges({ since: since ?? "none", attached, ended, count }, NOW_MS + 1));
}

async function statusOf({ sandboxId }: GuestStart): Promise<number> {
  return (await fetchEdge(`https://3000-${sandboxId}.example.com/`)).status;
}

describe("a heartbeat that says what has changed", () => {
  test("changes the list of the one before: what it does not name stays attached", async () => {
    const { revision } = await sendAll([guest]);
    const after = await sendChanges(revision, [], [], 1);
    expect(after).toMatchObject({ forgotten: [], missing: [] });
    expect(after.revision).not.toBe(revision);
    expect(await statusOf(guest)).toBe(200);
    expect(await sendChanges(after.revision, [], [guest.sandboxId], 0)).toMatchObject({
      forgotten: [guest.sandboxId],
    });
    expect(await statusOf(guest)).toBe(404);
  });

  test("names a guest that was never announced, also with each later heartbeat", async () => {
    const { revision } = await sendAll([guest]);
    const stranger = { sandboxId: crypto.randomUUID(), generation: createGeneration(NOW_MS) };
    const first = await sendChanges(revision, [stranger], [], 2);
    expect(first).toMatchObject({ forgotten: [], missing: [stranger.sandboxId] });
    expect(await sendChanges(first.revision, [], [], 2)).toMatchObject({ missing: [stranger.sandboxId] });
  });

  test("finds a guest that the edge has lost, though the host has nothing to say about it", async () => {
    const { revision } = await sendAll([guest]);
    const host = environment.HOST.getByName(deployment.host.id);
    await host.removeGuest(guest.sandboxId, guest.generation);
    expect(await sendChanges(revision, [], [], 1)).toMatchObject({ missing: [guest.sandboxId] });
  });

  test.each<[string, (revision: string) => Promise<string>]>([
    [
      "after a response that was lost",
      async (revision) => {
        await sendChanges(revision, [], [], 1);
        return revision;
      },
    ],
    [
      "after its object was evicted",
      async (revision) => {
        await evictDurableObject(environment.HOST.getByName(deployment.host.id));
        return revision;
      },
    ],
    [
      "after a heartbeat of another list",
      async (revision) => {
        await sendAll([guest]);
        return revision;
      },
    ],
    ["of a list that never was", async () => crypto.randomUUID()],
  ])("%s changes nothing, and asks for all guests", async (_when, change) => {
    const since = await change((await sendAll([guest])).revision ?? "");
    expect(await sendChanges(since, [], [guest.sandboxId], 0)).toEqual({
      forgotten: [],
      missing: [],
      resend: true,
    });
    expect(await statusOf(guest)).toBe(200);
    const { revision } = await sendAll([guest]);
    expect(await sendChanges(revision, [], [], 1)).toMatchObject({ forgotten: [], missing: [] });
  });

  test("asks for all guests where the number of guests differs, and does so until it has them", async () => {
    const { revision } = await sendAll([guest]);
    expect(await sendChanges(revision, [], [], 2)).toMatchObject({ resend: true });
    expect(await sendChanges(revision, [], [], 1)).toMatchObject({ resend: true });
    expect(await statusOf(guest)).toBe(200);
  });

  test("counts as heard where all guests are asked for", async () => {
    await sendAll([guest]);
    vi.setSystemTime(NOW_MS + 10_000);
    expect(await sendChanges("none", [], [], 0)).toMatchObject({ resend: true });
    const host = environment.HOST.getByName(deployment.host.id);
    const alarmMs = await runInDurableObject(host, (_host, { storage }) => storage.getAlarm());
    expect(alarmMs).toBe(NOW_MS + 10_000 + HOST_SUSPECTED_MS);
  });
});

describe("a heartbeat of a connector of the former release", () => {
  test("has all guests, and takes the place of a list with changes", async () => {
    await sendAll([guest]);
    const { host } = deployment;
    const former = await host.callApi("heartbeat", { taken_at: NOW_MS + 1, guests: [] });
    expect(await former.json()).toMatchObject({ forgotten: [guest.sandboxId], missing: [] });
    expect(await statusOf(guest)).toBe(404);
  });
});
