import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Sandbox } from "../../worker/objects/sandbox.ts";
import {
  createGeneration,
  Deployment,
  environment,
  fetchEdge,
  freshIsolate,
  problemOf,
} from "./deployment.ts";

const NOW_MS = 1_800_000_000_000;
const WEEK_S = 7 * 24 * 3600;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function rotate(
  deployment: Deployment,
  body: object = {},
  workspace = deployment.workspace,
): Promise<Response> {
  return deployment.call("POST", `workspaces/${workspace}/signing-key/rotate`, body);
}

describe("key rotation", () => {
  test("keeps the old key's links for an overlap, and signs new ones with the new key", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const old = await deployment.mintLink(id, { port: 80, ttl_seconds: WEEK_S });
    expect(await (await rotate(deployment)).json()).toMatchObject({ key_version: 1, previous_versions: 1 });
    const fresh = await deployment.mintLink(id, { port: 80, ttl_seconds: WEEK_S });
    expect((await fetchEdge(old.url)).status).toBe(200);
    expect((await fetchEdge(fresh.url)).status).toBe(200);
    vi.setSystemTime(NOW_MS + WEEK_S * 1000 - 1);
    expect((await fetchEdge(old.url)).status).toBe(200);
  });

  test("cuts the old key's links at once when asked", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const old = await deployment.mintLink(id, { port: 80 });
    expect(await (await rotate(deployment, { cut_previous: true })).json()).toMatchObject({
      previous_versions: 0,
    });
    expect(await problemOf(await fetchEdge(old.url))).toMatchObject({ status: 403, code: "link_invalid" });
    expect((await fetchEdge((await deployment.mintLink(id, { port: 80 })).url)).status).toBe(200);
  });

  test("reaches a sandbox that was overloaded, once it no longer is", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const { url } = await deployment.mintLink(id, { port: 80 });
    const overloaded = vi.spyOn(Sandbox.prototype, "applyWorkspaceState").mockImplementation(() => {
      throw new Error("overloaded");
    });
    expect((await rotate(deployment, { cut_previous: true })).status).toBe(200);
    expect((await fetchEdge(url, {}, freshIsolate())).status, "it was not notified").toBe(200);
    overloaded.mockRestore();
    const workspace = environment.WORKSPACE.getByName(deployment.workspace);
    expect(await runDurableObjectAlarm(workspace)).toBe(true);
    expect((await fetchEdge(url, {}, freshIsolate())).status).toBe(403);
    expect(await runDurableObjectAlarm(workspace), "no sandbox is left to notify").toBe(false);
  });

  test("wraps after 32 versions without reviving the first", async () => {
    const deployment = await Deployment.create({ per_second: 1000, burst: 1000 });
    const { id } = await deployment.attachSandbox();
    const first = await deployment.mintLink(id, { port: 80, ttl_seconds: WEEK_S });
    let rotated: unknown;
    for (let count = 0; count < 32; count++) rotated = await (await rotate(deployment)).json();
    expect(rotated).toMatchObject({ key_version: 0, previous_versions: 31 });
    expect((await fetchEdge(first.url)).status, "version 0 is another key").toBe(403);
    const fresh = await deployment.mintLink(id, { port: 80 });
    expect((await fetchEdge(fresh.url)).status).toBe(200);
  });

  test("an attach that read the workspace before a cut does not restore the old keys", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    const old = await deployment.mintLink(id, { port: 80 });
    const { workspace, org, host } = deployment;
    const stale = { workspace, org, keys: { revision: 0, previous: [] } };
    await rotate(deployment, { cut_previous: true });
    const offer = { owner: stale, hostId: host.id, origin: host.origin, generation, ports: [] };
    expect(await environment.SANDBOX.getByName(id).attach(id, offer)).toBeUndefined();
    expect(await problemOf(await fetchEdge(old.url))).toMatchObject({ status: 403, code: "link_invalid" });
  });

  test("refuses another workspace, and an unknown member", async () => {
    const deployment = await Deployment.create();
    const other = await Deployment.create();
    expect((await rotate(deployment, {}, other.workspace)).status).toBe(404);
    expect((await rotate(deployment, { cut: true })).status).toBe(400);
  });
});

describe("DELETE /v1/sandboxes/{id}/preview-tokens/{token}", () => {
  function revoke(
    deployment: Deployment,
    id: string,
    token: string,
    as = deployment.token,
  ): Promise<Response> {
    return deployment.call("DELETE", `sandboxes/${id}/preview-tokens/${token}`, undefined, as);
  }

  test.each([{ port: 80 }, { port: 80, paths: ["/"] }])(
    "revokes a link of %j, and no other",
    async (body) => {
      const deployment = await Deployment.create();
      const { id } = await deployment.attachSandbox();
      const link = await deployment.mintLink(id, body);
      const other = await deployment.mintLink(id, { port: 81 });
      expect((await fetchEdge(link.url)).status).toBe(200);
      expect((await revoke(deployment, id, link.token.toUpperCase())).status).toBe(204);
      expect(await problemOf(await fetchEdge(link.url))).toMatchObject({ status: 403, code: "link_revoked" });
      expect((await fetchEdge(other.url)).status).toBe(200);
      expect((await revoke(deployment, id, link.token)).status, "again").toBe(204);
    },
  );

  test("a revoked link is refused within a second even where requests were leased", async () => {
    const deployment = await Deployment.create({ per_second: 100, burst: 100 });
    const { id } = await deployment.attachSandbox();
    const link = await deployment.mintLink(id, { port: 80 });
    const isolate = freshIsolate();
    await fetchEdge(link.url, {}, isolate);
    await revoke(deployment, id, link.token);
    vi.setSystemTime(NOW_MS + 1000);
    expect((await fetchEdge(link.url, {}, isolate)).status).toBe(403);
  });

  test("responds with 404 to another workspace, for another sandbox, and for a forged link", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const second = await deployment.attachSandbox();
    const link = await deployment.mintLink(id, { port: 80 });
    const stranger = await deployment.createWorkspace(`ws-${crypto.randomUUID().slice(0, 8)}`);
    const forged = `${link.token.slice(0, 62)}${link.token.endsWith("a") ? "i" : "a"}`;
    expect((await revoke(deployment, id, link.token, stranger)).status).toBe(404);
    expect((await revoke(deployment, second.id, link.token)).status).toBe(404);
    expect((await revoke(deployment, id, forged)).status).toBe(404);
    expect((await revoke(deployment, id, "short")).status).toBe(404);
    expect((await fetchEdge(link.url)).status).toBe(200);
  });
});

describe("a restricted link", () => {
  test("is refused once its sandbox has lost the record of it", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const { url } = await deployment.mintLink(id, { port: 80, paths: ["/docs"] });
    expect((await fetchEdge(`${url}/docs`)).status).toBe(200);
    await runInDurableObject(environment.SANDBOX.getByName(id), (_sandbox, state) => {
      state.storage.sql.exec("DELETE FROM links");
    });
    expect(await problemOf(await fetchEdge(`${url}/docs`))).toMatchObject({
      status: 403,
      code: "link_invalid",
    });
  });
});

describe("a revocation", () => {
  test("of a link is sent to the host before the caller gets a response", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const link = await deployment.mintLink(id, { port: 80 });
    const seen = (await (await fetchEdge(link.url)).json()) as { link: { id: string } };
    await deployment.call("DELETE", `sandboxes/${id}/preview-tokens/${link.token}`);
    expect(deployment.host.revocations).toEqual([{ sandbox_id: id, links: [seen.link.id] }]);
    expect(seen.link.id).not.toContain(link.token.slice(0, 8));
  });

  test("by cut keys sends the host the versions that still verify, and so does a rotation with overlap", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    await rotate(deployment);
    await rotate(deployment, { cut_previous: true });
    await expect
      .poll(() => deployment.host.revocations)
      .toEqual([
        { sandbox_id: id, links: [], key_versions: [1, 0] },
        { sandbox_id: id, links: [], key_versions: [2] },
      ]);
  });

  test("is sent again, after an eviction too, until the host accepts it", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const links = [await deployment.mintLink(id, { port: 80 }), await deployment.mintLink(id, { port: 81 })];
    const sandbox = environment.SANDBOX.getByName(id);
    deployment.host.acceptsHostCalls = false;
    for (const { token } of links) {
      const response = await deployment.call("DELETE", `sandboxes/${id}/preview-tokens/${token}`);
      expect(response.status).toBe(204);
    }
    await evictDurableObject(sandbox);
    deployment.host.acceptsHostCalls = true;
    expect(await runDurableObjectAlarm(sandbox)).toBe(true);
    expect(deployment.host.revocations).toMatchObject([{ links: [expect.any(String), expect.any(String)] }]);
    expect(await runDurableObjectAlarm(sandbox), "nothing is left to send").toBe(false);
  });

  test("is not sent for a guest that started after it", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const { token } = await deployment.mintLink(id, { port: 80 });
    deployment.host.acceptsHostCalls = false;
    await deployment.call("DELETE", `sandboxes/${id}/preview-tokens/${token}`);
    await deployment.host.attach(deployment.workspace, id, createGeneration(NOW_MS + 1));
    deployment.host.acceptsHostCalls = true;
    await runDurableObjectAlarm(environment.SANDBOX.getByName(id));
    expect(deployment.host.revocations).toEqual([]);
  });
});

describe("a sandbox's object", () => {
  const size = (id: string) =>
    runInDurableObject(
      environment.SANDBOX.getByName(id),
      (_sandbox, { storage }) => storage.sql.databaseSize,
    );

  test("stores nothing for a sandbox that does not exist", async () => {
    await Deployment.create();
    const id = crypto.randomUUID();
    expect((await fetchEdge(`https://3000-${id}.example.com/`)).status).toBe(404);
    const tables = await runInDurableObject(environment.SANDBOX.getByName(id), (_sandbox, { storage }) =>
      [...storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_master")].map(({ name }) => name),
    );
    expect(tables.filter((name) => !name.startsWith("_cf_"))).toEqual([]);
  });

  test("forgets an ended sandbox a day after its last link has expired", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    const { url } = await deployment.mintLink(id, { port: 80, ttl_seconds: WEEK_S });
    await deployment.host.detach(id, generation);
    expect(await problemOf(await fetchEdge(url, {}, freshIsolate()))).toMatchObject({
      code: "sandbox_not_found",
    });
    const before = await size(id);
    vi.setSystemTime(NOW_MS + (WEEK_S + 24 * 3600) * 1000);
    expect(await runDurableObjectAlarm(environment.SANDBOX.getByName(id))).toBe(true);
    expect(await size(id)).toBeLessThan(before);
    expect((await fetchEdge(`https://80-${id}.example.com/`)).status).toBe(404);
  });
});
