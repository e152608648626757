import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MAX_GUESTS_PER_HOST } from "../../../../shared/protocol/host-api.ts";
import {
  ADMIN_TOKEN,
  API,
  connect,
  createGeneration,
  Deployment,
  environment,
  FakeHost,
  fetchEdge,
  problemOf,
} from "../../../worker/deployment.ts";

const NOW_MS = 1_800_000_000_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function bind({ host }: Deployment, workspaces: string[] | null): Promise<void> {
  const record = await environment.HOST.getByName(host.id).read();
  const body = { origin: host.origin, public_key: record?.publicKey, workspaces };
  const path = `${API}/v1/admin/hosts/${host.id}`;
  expect((await fetchEdge(path, { method: "PUT", token: ADMIN_TOKEN, body })).status).toBe(200);
}

const statusOf = async (id: string) => (await fetchEdge(`https://3000-${id}.example.com/`)).status;
const idsOf = async (deployment: Deployment) =>
  ((await (await deployment.call("GET", "sandboxes")).json()) as { id: string }[]).map(({ id }) => id);

describe("3.4 a host that is bound to workspaces", () => {
  test("cannot put an invented sandbox into another tenant's list", async () => {
    const thief = await Deployment.create();
    const tenant = await Deployment.create();
    await bind(thief, [thief.workspace]);
    const addSandbox = vi.spyOn(
      (await import("../../../../worker/objects/workspace.ts")).Workspace.prototype,
      "addSandbox",
    );
    const refused = await thief.host.attach(tenant.workspace, crypto.randomUUID(), createGeneration());
    expect(await problemOf(refused)).toMatchObject({ status: 403, code: "forbidden" });
    expect(await idsOf(tenant)).toEqual([]);
    expect(addSandbox, "not for a moment either").not.toHaveBeenCalled();
  });

  test("cannot take another tenant's running sandbox over", async () => {
    const thief = await Deployment.create();
    const tenant = await Deployment.create();
    connect(thief.host, tenant.host);
    await bind(thief, [thief.workspace]);
    const { id, generation } = await tenant.attachSandbox();
    expect((await thief.host.attach(tenant.workspace, id, createGeneration(NOW_MS + 9))).status).toBe(403);
    const response = await fetchEdge(`https://3000-${id}.example.com/`);
    expect(await response.json()).toMatchObject({ generation });
  });

  test("serves its own, as before", async () => {
    const deployment = await Deployment.create();
    await bind(deployment, [deployment.workspace]);
    const { id, generation } = await deployment.attachSandbox();
    const { host } = deployment;
    expect(await statusOf(id)).toBe(200);
    const ports = { sandbox_id: id, generation, ports: [80] };
    expect((await host.callApi("ports", ports)).status).toBe(200);
    const guests = [{ sandbox_id: id, generation }];
    const beat = await host.callApi("heartbeat", { taken_at: NOW_MS + 1, guests });
    expect(await beat.json()).toMatchObject({ forgotten: [], missing: [] });
    expect((await host.detach(id, generation)).status).toBe(200);
  });

  test("loses the guests of a workspace that it may not serve any more, at once", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    await bind(deployment, ["another"]);
    expect(await statusOf(id)).toBe(404);
    expect(await idsOf(deployment)).toEqual([]);
    expect(
      (await deployment.host.attach(deployment.workspace, id, createGeneration(NOW_MS + 1))).status,
    ).toBe(403);
  });

  test("loses a guest whose attach overlapped with that, with its next heartbeat, and reports no port of it", async () => {
    const deployment = await Deployment.create();
    const { host } = deployment;
    const { id, generation } = await deployment.attachSandbox([1]);
    await runInDurableObject(environment.HOST.getByName(host.id), async (object, { storage }) => {
      const record = storage.kv.get<object>("record");
      await object.enrol({ ...record, workspaces: ["another"] } as never);
    });
    const report = await host.callApi("ports", { sandbox_id: id, generation, ports: [22] });
    expect(await problemOf(report)).toMatchObject({ status: 403, code: "forbidden" });
    const guests = [{ sandbox_id: id, generation }];
    const beat = await host.callApi("heartbeat", { taken_at: NOW_MS, guests });
    expect(await beat.json()).toMatchObject({ forgotten: [id] });
    expect(await statusOf(id)).toBe(404);
  });

  test("starts no sandbox of another workspace", async () => {
    const deployment = await Deployment.create();
    const { chooseLauncherHost } = await import("../../../../worker/api/launch/choose-launcher-host.ts");
    const { keys } = await environment.POLICY.list({ prefix: "launcher-host:" });
    await Promise.all(keys.map(({ name }) => environment.POLICY.delete(name)));
    await bind(deployment, ["another"]);
    const record = await environment.HOST.getByName(deployment.host.id).read();
    const body = { origin: deployment.host.origin, public_key: record?.publicKey, launches: true };
    const options = { method: "PUT", token: ADMIN_TOKEN, body };
    await fetchEdge(`${API}/v1/admin/hosts/${deployment.host.id}`, options);
    expect(await chooseLauncherHost(environment, deployment.workspace)).toMatchObject({
      code: "host_unreachable",
    });
    expect(await chooseLauncherHost(environment, "another")).toMatchObject({ id: deployment.host.id });
  });
});

describe("3.4 a host's sandboxes", () => {
  test(`are at most ${MAX_GUESTS_PER_HOST}`, async () => {
    const deployment = await Deployment.create();
    const { host, workspace } = deployment;
    const { id, generation } = await deployment.attachSandbox();
    await runInDurableObject(environment.HOST.getByName(host.id), (_object, { storage }) => {
      storage.sql.exec(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO guests (sandbox_id, workspace, generation) SELECT 'filler-' || i, ?, ? FROM n`,
        MAX_GUESTS_PER_HOST - 2,
        workspace,
        generation,
      );
    });
    const { evictDurableObject } = await import("cloudflare:test");
    await evictDurableObject(environment.HOST.getByName(host.id));
    const last = await deployment.attachSandbox();
    const refused = await host.attach(workspace, crypto.randomUUID(), createGeneration());
    expect(await problemOf(refused)).toMatchObject({ status: 409, code: "host_full" });
    expect((await host.attach(workspace, id, createGeneration(NOW_MS + 1))).status, "a new start").toBe(200);
    await host.detach(last.id, last.generation);
    expect((await host.attach(workspace, crypto.randomUUID(), createGeneration())).status, "one ended").toBe(
      200,
    );
    expect(await idsOf(deployment)).toHaveLength(2);
  });
});

describe("3.4 a running sandbox that another host announces", () => {
  test("is in the log and in its owner's audit trail", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const lines: unknown[] = [];
    vi.spyOn(console, "log").mockImplementation((line) => void lines.push(line));
    const other = new FakeHost();
    await other.enrol();
    connect(deployment.host, other);
    await other.attach(deployment.workspace, id, createGeneration(NOW_MS + 5));
    const { workspace, host } = deployment;
    expect(lines).toContainEqual({
      event: "sandbox_moved",
      sandbox: id,
      workspace,
      from: host.id,
      to: other.id,
    });
    const listMoves = async () => {
      const response = await deployment.call("GET", `workspaces/${workspace}/audit`);
      const { entries } = (await response.json()) as { entries: { what: string }[] };
      return entries.filter(({ what }) => what === "moveSandbox");
    };
    await expect.poll(listMoves).toEqual([
      {
        at: "2027-01-15T08:00:00Z",
        who: { kind: "host", id: other.id },
        what: "moveSandbox",
        on: `/v1/sandboxes/${id}`,
        result: "ok",
        detail: `from host ${host.id} to host ${other.id}`,
      },
    ]);
  });
});

describe("5.1 an attach that is refused", () => {
  test("leaves the guest that runs in its host's list", async () => {
    const deployment = await Deployment.create();
    const { host } = deployment;
    const { id, generation } = await deployment.attachSandbox();
    const other = `ws-${crypto.randomUUID().slice(0, 8)}`;
    await deployment.createWorkspace(other);
    expect((await host.attach(other, id, createGeneration(NOW_MS + 1))).status).toBe(403);
    const guests = [{ sandbox_id: id, generation }];
    const beat = await host.callApi("heartbeat", { taken_at: NOW_MS + 2, guests });
    expect(await beat.json()).toMatchObject({ forgotten: [], missing: [] });
    expect((await deployment.call("GET", `sandboxes/${id}`)).status).toBe(200);
  });
});
