import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HEALTH_PATH } from "../../../../shared/protocol/host-calls.ts";
import { DOWN_PROBE_MS, HOST_DOWN_AFTER_MS, HOST_SUSPECTED_MS } from "../../../../worker/objects/host.ts";
import { Deployment, environment, fetchEdge } from "../../../worker/deployment.ts";

const NOW_MS = 1_800_000_000_000;

let deployment: Deployment;
let sandboxId: string;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
  deployment = await Deployment.create();
  sandboxId = (await deployment.attachSandbox()).id;
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const object = () => environment.HOST.getByName(deployment.host.id);

async function passAlarm(afterMs: number): Promise<void> {
  vi.setSystemTime(Date.now() + afterMs);
  expect(await runDurableObjectAlarm(object())).toBe(true);
}

/** 60 s without a heartbeat. */
async function loseHeartbeats(): Promise<void> {
  await passAlarm(HOST_SUSPECTED_MS);
  await passAlarm(HOST_DOWN_AFTER_MS);
}

async function visit(): Promise<number> {
  return (await fetchEdge(`https://3000-${sandboxId}.example.com/`)).status;
}

function countProbes(): number {
  return deployment.host.requests.filter(({ url }) => new URL(url).pathname === HEALTH_PATH).length;
}

async function nextAlarmMs(): Promise<number> {
  return ((await runInDurableObject(object(), (_host, { storage }) => storage.getAlarm())) ?? 0) - Date.now();
}

describe("4.2 and 5.3: a host whose heartbeats do not arrive", () => {
  test("stays up for an hour while it responds to probes, and is probed every 20 s", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    await loseHeartbeats();
    expect(await visit()).toBe(200);
    expect(warn).toHaveBeenCalledWith({ event: "host_unheard", host: deployment.host.id });
    for (let passedMs = 60_000; passedMs < 3_600_000; passedMs += HOST_DOWN_AFTER_MS) {
      expect(await nextAlarmMs()).toBe(HOST_DOWN_AFTER_MS);
      await passAlarm(HOST_DOWN_AFTER_MS);
    }
    expect(await visit()).toBe(200);
    expect(countProbes()).toBe(3_600 / 20 - 2);
  });

  test("is not closed by one lost probe, and is closed when it does not respond twice", async () => {
    const respond = deployment.host.respond.bind(deployment.host);
    const lost = vi.spyOn(deployment.host, "respond").mockRejectedValueOnce(new TypeError("lost"));
    lost.mockImplementation(respond);
    await loseHeartbeats();
    expect(await visit()).toBe(200);
    deployment.host.isAway = true;
    await passAlarm(HOST_DOWN_AFTER_MS);
    expect(await visit()).toBe(502);
  });

  test.each([
    ["its connector refuses the pass", 403, "{}"],
    ["its connector serves no calls", 503, "{}"],
    ["another program responds", 200, "<html>"],
    ["another program responds in JSON", 200, "{}"],
    ["it redirects", 302, ""],
  ])("is closed where %s", async (_what, status, text) => {
    vi.spyOn(deployment.host, "respond").mockImplementation(async () => new Response(text, { status }));
    await loseHeartbeats();
    const response = await fetchEdge(`https://3000-${sandboxId}.example.com/`);
    expect(response.headers.get("preview-error")).toBe("host_unreachable");
  });

  test("opens again by a probe, without a heartbeat, also after the objects were evicted", async () => {
    deployment.host.isAway = true;
    await loseHeartbeats();
    expect(await visit()).toBe(502);
    await evictDurableObject(object());
    deployment.host.isAway = false;
    expect(await nextAlarmMs()).toBe(DOWN_PROBE_MS);
    await passAlarm(DOWN_PROBE_MS);
    vi.setSystemTime(Date.now() + 5_000);
    await expect.poll(visit).toBe(200);
    expect(await nextAlarmMs()).toBe(HOST_DOWN_AFTER_MS - 5_000);
  });

  test("is heard again by a heartbeat that comes while it is being probed", async () => {
    await passAlarm(HOST_SUSPECTED_MS);
    const beat = () => deployment.host.callApi("heartbeat", { taken_at: NOW_MS, guests: [] });
    vi.spyOn(deployment.host, "respond").mockImplementation(async () => {
      await beat();
      throw new TypeError("lost");
    });
    await passAlarm(HOST_DOWN_AFTER_MS);
    vi.restoreAllMocks();
    expect(await nextAlarmMs()).toBe(HOST_SUSPECTED_MS);
    expect(await environment.HOST.getByName(deployment.host.id).readReachable()).toBeDefined();
  });
});
