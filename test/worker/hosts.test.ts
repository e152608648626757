import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HOST_KEY_FRESH_MS } from "../../worker/hosts/host-keys.ts";
import { HOST_DOWN_AFTER_MS, HOST_SUSPECTED_MS, MAX_GONE_PER_HEARTBEAT } from "../../worker/objects/host.ts";
import { Sandbox } from "../../worker/objects/sandbox.ts";
import {
  ADMIN_TOKEN,
  API,
  connect,
  countingIsolate,
  createGeneration,
  Deployment,
  environment,
  FakeHost,
  fetchEdge,
  problemOf,
} from "./deployment.ts";

const NOW_MS = 1_800_000_000_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function visit(id: string): Promise<{ status: number; generation?: string }> {
  const response = await fetchEdge(`https://3000-${id}.example.com/`);
  return { status: response.status, ...((await response.json()) as { generation?: string }) };
}

async function addHost(deployment: Deployment): Promise<FakeHost> {
  const host = new FakeHost();
  await host.enrol();
  connect(deployment.host, host);
  return host;
}

describe("GET /v1/admin/hosts/{host}", () => {
  test("shows when its connector was heard, once one has called", async () => {
    const deployment = await Deployment.create();
    const other = await addHost(deployment);
    const read = async (token: string) => fetchEdge(`${API}/v1/admin/hosts/${other.id}`, { token });
    const { heard_at: before, ...host } = (await (await read(ADMIN_TOKEN)).json()) as Record<string, unknown>;
    expect(host).toMatchObject({ id: other.id });
    expect(before).toBeUndefined();
    other.instance = "instance-of-the-first";
    const token = await other.sign();
    const body = { taken_at: NOW_MS, guests: [] };
    await fetchEdge(`${API}/v1/hosts/${other.id}/heartbeat`, { method: "POST", token, body });
    expect(await (await read(ADMIN_TOKEN)).json()).toMatchObject({ heard_at: "2027-01-15T08:00:00Z" });
    expect((await read(deployment.token)).status).toBe(401);
  });
});

describe("a host's token", () => {
  test("is accepted for its own host's calls and no other's", async () => {
    const deployment = await Deployment.create();
    const other = await addHost(deployment);
    const body = { taken_at: NOW_MS, guests: [] };
    const beat = (token: string) =>
      fetchEdge(`${API}/v1/hosts/${deployment.host.id}/heartbeat`, { method: "POST", token, body });
    expect((await beat(await deployment.host.sign())).status).toBe(200);
    for (const token of [
      await other.sign(),
      await other.sign(deployment.host.id),
      await deployment.host.signFor("another-audience"),
      deployment.token,
      ADMIN_TOKEN,
      "a.b.c",
    ]) {
      expect(await problemOf(await beat(token))).toMatchObject({ status: 401, code: "unauthorized" });
    }
  });

  test("that names another host costs no object call", async () => {
    const deployment = await Deployment.create();
    const { isolate, calls } = countingIsolate();
    const options = { method: "POST", token: await deployment.host.sign(), body: {} };
    expect((await fetchEdge(`${API}/v1/hosts/other/heartbeat`, options, isolate)).status).toBe(401);
    expect(calls).toEqual([]);
  });

  test("is refused with a hint at the clock once it has expired", async () => {
    const deployment = await Deployment.create();
    const token = await deployment.host.sign();
    vi.setSystemTime(NOW_MS + 121_000);
    const options = { method: "POST", token, body: { taken_at: NOW_MS, guests: [] } };
    const problem = await problemOf(
      await fetchEdge(`${API}/v1/hosts/${deployment.host.id}/heartbeat`, options),
    );
    expect(problem).toMatchObject({ status: 401, detail: expect.stringContaining("clock") });
  });

  test.each([
    ["behind", -121_000],
    ["ahead", 2 * 3_600_000],
  ])("is refused with a hint at the clock of a host that is %s by %i ms", async (_where, skewMs) => {
    const { host } = await Deployment.create();
    vi.setSystemTime(NOW_MS + skewMs);
    const token = await host.sign();
    vi.setSystemTime(NOW_MS);
    const options = { method: "POST", token, body: { taken_at: NOW_MS, guests: [] } };
    const problem = await problemOf(await fetchEdge(`${API}/v1/hosts/${host.id}/heartbeat`, options));
    expect(problem).toMatchObject({ status: 401, detail: expect.stringContaining("clock") });
  });

  test("is refused at once after its host got another key, whose first call is accepted a second later", async () => {
    const { host } = await Deployment.create();
    const beat = (token: string) => {
      const options = { method: "POST", token, body: { taken_at: NOW_MS, guests: [] } };
      return fetchEdge(`${API}/v1/hosts/${host.id}/heartbeat`, options);
    };
    const former = await host.sign();
    expect((await beat(former)).status).toBe(200);
    await host.enrol();
    expect((await beat(former)).status).toBe(401);
    vi.setSystemTime(NOW_MS + HOST_KEY_FRESH_MS);
    expect((await beat(await host.sign())).status).toBe(200);
    expect((await beat(former)).status).toBe(401);
  });

  test("is refused after the host was removed, and its routes are gone", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const path = `${API}/v1/admin/hosts/${deployment.host.id}`;
    expect((await fetchEdge(path, { method: "DELETE", token: ADMIN_TOKEN })).status).toBe(204);
    expect((await visit(id)).status).toBe(404);
    expect((await deployment.host.callApi("heartbeat", { taken_at: NOW_MS, guests: [] })).status).toBe(401);
  });
});

describe("attach", () => {
  test("makes a sandbox reachable, and changes nothing when repeated", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    expect((await deployment.host.attach(deployment.workspace, id, generation)).status).toBe(200);
    expect(await visit(id)).toMatchObject({ status: 200, generation });
  });

  test("survives the object's eviction", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    await evictDurableObject(environment.SANDBOX.getByName(id));
    expect(await visit(id)).toMatchObject({ status: 200, generation });
  });

  test("refuses a generation older than the current one, which stays, also in its host's index", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    const { host, workspace } = deployment;
    const late = { sandbox_id: id, workspace, generation: createGeneration(NOW_MS - 1), ports: [] };
    expect(await problemOf(await host.callApi("attach", late))).toMatchObject({
      status: 409,
      code: "generation_ended",
    });
    expect(await visit(id)).toMatchObject({ status: 200, generation });
    await host.detach(id, generation);
    host.guests.set(id, generation);
    expect((await visit(id)).status).toBe(404);
  });

  test("refuses a generation that has ended, by detach or by a newer one", async () => {
    const deployment = await Deployment.create();
    const { host, workspace } = deployment;
    const { id, generation } = await deployment.attachSandbox();
    await host.detach(id, generation);
    expect((await host.attach(workspace, id, generation)).status).toBe(409);
    const second = createGeneration(NOW_MS + 1);
    expect((await host.attach(workspace, id, second)).status).toBe(200);
    const elsewhere = await addHost(deployment);
    expect((await elsewhere.attach(workspace, id, createGeneration(NOW_MS + 2))).status).toBe(200);
    expect((await host.attach(workspace, id, second)).status).toBe(409);
  });

  test("a former host's late detach and heartbeat do not change the new host's route", async () => {
    const deployment = await Deployment.create();
    const { host, workspace } = deployment;
    const { id, generation } = await deployment.attachSandbox();
    const elsewhere = await addHost(deployment);
    const moved = createGeneration(NOW_MS + 1);
    await elsewhere.attach(workspace, id, moved);
    await host.callApi("heartbeat", { taken_at: NOW_MS + 10, guests: [] });
    await host.detach(id, generation);
    expect(await visit(id)).toMatchObject({ status: 200, generation: moved });
    expect(await (await deployment.call("GET", "sandboxes")).json()).toMatchObject([{ id }]);
  });

  test("refuses another workspace's sandbox, and an unknown workspace", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const other = `ws-${crypto.randomUUID().slice(0, 8)}`;
    const refused = await deployment.host.attach(other, id, createGeneration(NOW_MS + 1));
    expect(await problemOf(refused)).toMatchObject({ status: 404, code: "not_found" });
    await deployment.createWorkspace(other);
    const stolen = await deployment.host.attach(other, id, createGeneration(NOW_MS + 1));
    expect(await problemOf(stolen)).toMatchObject({ status: 403, code: "forbidden" });
    expect((await visit(id)).status).toBe(200);
  });

  test.each([
    [{ generation: "1" }, "/generation"],
    [{ sandbox_id: "x" }, "/sandbox_id"],
    [{ ports: [0] }, "/ports/0"],
    [{ ports: Array.from({ length: 33 }, (_, index) => index + 1) }, "/ports"],
    [{ workspace: "" }, "/workspace"],
  ])("refuses %j", async (change, path) => {
    const { host, workspace } = await Deployment.create();
    const body = { sandbox_id: crypto.randomUUID(), workspace, generation: createGeneration(), ports: [] };
    const problem = await problemOf(await host.callApi("attach", { ...body, ...change }));
    expect(problem).toMatchObject({ status: 400, errors: [{ path }] });
  });
});

describe("ports", () => {
  test("are shown as last reported by the generation that is attached", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox([3000]);
    const report = (of: string, ports: number[]) =>
      deployment.host.callApi("ports", { sandbox_id: id, generation: of, ports });
    expect((await report(generation, [8080])).status).toBe(200);
    expect((await report(createGeneration(NOW_MS - 5), [1])).status).toBe(409);
    expect(await (await deployment.call("GET", `sandboxes/${id}/ports`)).json()).toMatchObject({
      ports: [{ port: 8080 }],
    });
  });
});

describe("heartbeat", () => {
  async function beat(host: FakeHost, takenAt: number, guests: { sandbox_id: string; generation: string }[]) {
    return (await host.callApi("heartbeat", { taken_at: takenAt, guests })).json();
  }

  test("takes down the routes of guests that the host no longer has", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const kept = await deployment.attachSandbox();
    const guests = [{ sandbox_id: kept.id, generation: kept.generation }];
    expect(await beat(deployment.host, NOW_MS + 1, guests)).toMatchObject({ forgotten: [id], missing: [] });
    expect((await visit(id)).status).toBe(404);
    expect((await visit(kept.id)).status).toBe(200);
  });

  test("takes down a bounded number, and the next heartbeat the next ones", async () => {
    const { host, workspace } = await Deployment.create();
    await runInDurableObject(environment.HOST.getByName(host.id), (object) => {
      for (let count = 0; count < MAX_GONE_PER_HEARTBEAT + 3; count++) {
        object.addGuest({ sandboxId: crypto.randomUUID(), workspace, generation: createGeneration() });
      }
    });
    const forgotten = async () =>
      ((await beat(host, NOW_MS + 1, [])) as { forgotten: string[] }).forgotten.length;
    expect([await forgotten(), await forgotten(), await forgotten()]).toEqual([MAX_GONE_PER_HEARTBEAT, 3, 0]);
  });

  test("leaves no route behind where it is interrupted", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const busy = vi.spyOn(Sandbox.prototype, "detach").mockImplementation(() => {
      throw new Error("overloaded");
    });
    await deployment.host.callApi("heartbeat", { taken_at: NOW_MS + 1, guests: [] });
    expect((await visit(id)).status).toBe(200);
    busy.mockRestore();
    expect(await beat(deployment.host, NOW_MS + 2, [])).toMatchObject({ forgotten: [id], missing: [] });
    expect((await visit(id)).status).toBe(404);
  });

  test("keeps a guest that was attached after the list was taken", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    expect(await beat(deployment.host, NOW_MS, [])).toMatchObject({ forgotten: [], missing: [] });
    expect((await visit(id)).status).toBe(200);
  });

  test("returns as missing what the edge has lost, or has in another generation", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const lost = crypto.randomUUID();
    const guests = [
      { sandbox_id: id, generation: createGeneration(NOW_MS + 1) },
      { sandbox_id: lost, generation: createGeneration() },
    ];
    expect(await beat(deployment.host, NOW_MS + 2, guests)).toMatchObject({
      forgotten: [],
      missing: [id, lost],
    });
  });
});

describe("a host that falls silent", () => {
  async function fallSilent(deployment: Deployment): Promise<void> {
    deployment.host.isAway = true;
    const host = environment.HOST.getByName(deployment.host.id);
    elapse(HOST_SUSPECTED_MS);
    expect(await runDurableObjectAlarm(host)).toBe(true);
    elapse(HOST_DOWN_AFTER_MS);
    expect(await runDurableObjectAlarm(host)).toBe(true);
    deployment.host.isAway = false;
    deployment.host.requests.length = 0;
    expect(HOST_SUSPECTED_MS + HOST_DOWN_AFTER_MS, "as the docs say").toBe(60_000);
  }

  function elapse(ms: number): void {
    vi.setSystemTime(Date.now() + ms);
  }

  test("is marked down, and its visitors get host_unreachable without a fetch", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const other = await addHost(deployment);
    const elsewhere = crypto.randomUUID();
    await other.attach(deployment.workspace, elsewhere, createGeneration());
    await fallSilent(deployment);
    const response = await fetchEdge(`https://3000-${id}.example.com/`);
    expect(response.headers.get("retry-after")).toBe("5");
    expect(await problemOf(response)).toMatchObject({ status: 502, code: "host_unreachable" });
    expect(deployment.host.requests).toEqual([]);
    const shown = await deployment.call("GET", `sandboxes/${id}`);
    expect(await shown.json()).toMatchObject({ status: "unreachable" });
    expect((await visit(elsewhere)).status, "another host's sandbox").toBe(200);
  });

  test("costs no further object call while an isolate remembers the refusal", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    await fallSilent(deployment);
    const { isolate, calls } = countingIsolate();
    for (let request = 0; request < 5; request++)
      await fetchEdge(`https://3000-${id}.example.com/`, {}, isolate);
    expect(calls).toEqual(["SANDBOX.getByName"]);
  });

  test("serves again with its next heartbeat, also when its objects were evicted in between", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    await fallSilent(deployment);
    await evictDurableObject(environment.SANDBOX.getByName(id));
    await evictDurableObject(environment.HOST.getByName(deployment.host.id));
    expect((await visit(id)).status, "still down").toBe(502);
    const guests = [{ sandbox_id: id, generation }];
    await deployment.host.callApi("heartbeat", { taken_at: Date.now(), guests });
    elapse(5_000);
    await expect.poll(async () => (await visit(id)).status).toBe(200);
  });

  test("serves what it attaches before its next heartbeat", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    await fallSilent(deployment);
    await deployment.host.attach(deployment.workspace, id, createGeneration());
    expect((await visit(id)).status).toBe(200);
  });

  test("is not marked down while its heartbeats arrive", async () => {
    const deployment = await Deployment.create();
    const host = environment.HOST.getByName(deployment.host.id);
    const alarm = () => runInDurableObject(host, (_host, state) => state.storage.getAlarm());
    elapse(45_000);
    await deployment.host.callApi("heartbeat", { taken_at: Date.now(), guests: [] });
    expect(await alarm()).toBe(NOW_MS + 45_000 + HOST_SUSPECTED_MS);
  });

  test("is only suspected at the first alarm: the edge itself may have been away", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    const host = environment.HOST.getByName(deployment.host.id);
    elapse(3_600_000);
    await runDurableObjectAlarm(host);
    expect((await visit(id)).status).toBe(200);
    await evictDurableObject(host);
    await deployment.host.callApi("heartbeat", {
      taken_at: Date.now(),
      guests: [{ sandbox_id: id, generation }],
    });
    await runDurableObjectAlarm(host);
    expect((await visit(id)).status, "a heartbeat arrived in between").toBe(200);
  });
});
