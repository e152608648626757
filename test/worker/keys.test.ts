import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Sandbox } from "../../worker/objects/sandbox.ts";
import { ask, createGeneration, Deployment, environment, freshIsolate, problemOf } from "./deployment.ts";

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
    const { id } = await deployment.launch();
    const old = await deployment.link(id, { port: 80, ttl_seconds: WEEK_S });
    expect(await (await rotate(deployment)).json()).toMatchObject({ key_version: 1, previous_versions: 1 });
    const fresh = await deployment.link(id, { port: 80, ttl_seconds: WEEK_S });
    expect((await ask(old.url)).status).toBe(200);
    expect((await ask(fresh.url)).status).toBe(200);
    vi.setSystemTime(NOW_MS + WEEK_S * 1000 - 1);
    expect((await ask(old.url)).status).toBe(200);
  });

  test("cuts the old key's links at once when asked", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.launch();
    const old = await deployment.link(id, { port: 80 });
    expect(await (await rotate(deployment, { cut_previous: true })).json()).toMatchObject({
      previous_versions: 0,
    });
    expect(await problemOf(await ask(old.url))).toMatchObject({ status: 403, code: "link_invalid" });
    expect((await ask((await deployment.link(id, { port: 80 })).url)).status).toBe(200);
  });

  test("reaches a sandbox that was overloaded, as soon as it is not", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.launch();
    const { url } = await deployment.link(id, { port: 80 });
    const overloaded = vi.spyOn(Sandbox.prototype, "applyWorkspaceState").mockImplementation(() => {
      throw new Error("overloaded");
    });
    expect((await rotate(deployment, { cut_previous: true })).status).toBe(200);
    expect((await ask(url, {}, freshIsolate())).status, "it has not heard").toBe(200);
    overloaded.mockRestore();
    const workspace = environment.WORKSPACE.getByName(deployment.workspace);
    expect(await runDurableObjectAlarm(workspace)).toBe(true);
    expect((await ask(url, {}, freshIsolate())).status).toBe(403);
    expect(await runDurableObjectAlarm(workspace), "nobody is left to tell").toBe(false);
  });

  test("wraps after 32 versions without reviving the first", async () => {
    const deployment = await Deployment.create({ per_second: 1000, burst: 1000 });
    const { id } = await deployment.launch();
    const first = await deployment.link(id, { port: 80, ttl_seconds: WEEK_S });
    let answer: unknown;
    for (let count = 0; count < 32; count++) answer = await (await rotate(deployment)).json();
    expect(answer).toMatchObject({ key_version: 0, previous_versions: 31 });
    expect((await ask(first.url)).status, "version 0 is another key").toBe(403);
    const fresh = await deployment.link(id, { port: 80 });
    expect((await ask(fresh.url)).status).toBe(200);
  });

  test("an attach that looked at the workspace before a cut does not bring the old keys back", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.launch();
    const old = await deployment.link(id, { port: 80 });
    const { workspace, org, host } = deployment;
    const stale = { workspace, org, keys: { revision: 0, previous: [] } };
    await rotate(deployment, { cut_previous: true });
    const offer = { owner: stale, hostId: host.id, origin: host.origin, generation, ports: [] };
    expect(await environment.SANDBOX.getByName(id).attach(id, offer)).toBeUndefined();
    expect(await problemOf(await ask(old.url))).toMatchObject({ status: 403, code: "link_invalid" });
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
    "withdraws a link of %j, and no other",
    async (body) => {
      const deployment = await Deployment.create();
      const { id } = await deployment.launch();
      const link = await deployment.link(id, body);
      const other = await deployment.link(id, { port: 81 });
      expect((await ask(link.url)).status).toBe(200);
      expect((await revoke(deployment, id, link.token.toUpperCase())).status).toBe(204);
      expect(await problemOf(await ask(link.url))).toMatchObject({ status: 403, code: "link_revoked" });
      expect((await ask(other.url)).status).toBe(200);
      expect((await revoke(deployment, id, link.token)).status, "again").toBe(204);
    },
  );

  test("refuses a withdrawn link within a second even where requests were leased", async () => {
    const deployment = await Deployment.create({ per_second: 100, burst: 100 });
    const { id } = await deployment.launch();
    const link = await deployment.link(id, { port: 80 });
    const isolate = freshIsolate();
    await ask(link.url, {}, isolate);
    await revoke(deployment, id, link.token);
    vi.setSystemTime(NOW_MS + 1000);
    expect((await ask(link.url, {}, isolate)).status).toBe(403);
  });

  test("answers 404 to another workspace, for another sandbox, and for a forged link", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.launch();
    const second = await deployment.launch();
    const link = await deployment.link(id, { port: 80 });
    const stranger = await deployment.createWorkspace(`ws-${crypto.randomUUID().slice(0, 8)}`);
    const forged = `${link.token.slice(0, 62)}${link.token.endsWith("a") ? "i" : "a"}`;
    expect((await revoke(deployment, id, link.token, stranger)).status).toBe(404);
    expect((await revoke(deployment, second.id, link.token)).status).toBe(404);
    expect([403, 404]).toContain((await revoke(deployment, id, forged)).status);
    expect((await revoke(deployment, id, "short")).status).toBe(403);
    expect((await ask(link.url)).status).toBe(200);
  });
});

describe("a restricted link", () => {
  test("opens nothing once its sandbox has lost what it knew about it", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.launch();
    const { url } = await deployment.link(id, { port: 80, paths: ["/docs"] });
    expect((await ask(`${url}/docs`)).status).toBe(200);
    await runInDurableObject(environment.SANDBOX.getByName(id), (_sandbox, state) => {
      state.storage.sql.exec("DELETE FROM links");
    });
    expect(await problemOf(await ask(`${url}/docs`))).toMatchObject({ status: 403, code: "link_invalid" });
  });
});

describe("a withdrawal", () => {
  test("of a link tells the host which one, before the caller is answered", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.launch();
    const link = await deployment.link(id, { port: 80 });
    const seen = (await (await ask(link.url)).json()) as { link: { id: string } };
    await deployment.call("DELETE", `sandboxes/${id}/preview-tokens/${link.token}`);
    expect(deployment.host.revocations).toEqual([{ sandbox_id: id, links: [seen.link.id] }]);
    expect(seen.link.id).not.toContain(link.token.slice(0, 8));
  });

  test("by cut keys tells the host which versions hold, and so does a rotation with overlap", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.launch();
    await rotate(deployment);
    await rotate(deployment, { cut_previous: true });
    await expect
      .poll(() => deployment.host.revocations)
      .toEqual([
        { sandbox_id: id, links: [], key_versions: [1, 0] },
        { sandbox_id: id, links: [], key_versions: [2] },
      ]);
  });

  test("is told again, after an eviction too, until the host has heard it", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.launch();
    const links = [await deployment.link(id, { port: 80 }), await deployment.link(id, { port: 81 })];
    const sandbox = environment.SANDBOX.getByName(id);
    deployment.host.listens = false;
    for (const { token } of links) {
      const answer = await deployment.call("DELETE", `sandboxes/${id}/preview-tokens/${token}`);
      expect(answer.status).toBe(204);
    }
    await evictDurableObject(sandbox);
    deployment.host.listens = true;
    expect(await runDurableObjectAlarm(sandbox)).toBe(true);
    expect(deployment.host.revocations).toMatchObject([{ links: [expect.any(String), expect.any(String)] }]);
    expect(await runDurableObjectAlarm(sandbox), "nothing is left to tell").toBe(false);
  });

  test("is not told to a guest that started after it", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.launch();
    const { token } = await deployment.link(id, { port: 80 });
    deployment.host.listens = false;
    await deployment.call("DELETE", `sandboxes/${id}/preview-tokens/${token}`);
    await deployment.host.attach(deployment.workspace, id, createGeneration(NOW_MS + 1));
    deployment.host.listens = true;
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

  test("that somebody merely asks for keeps nothing", async () => {
    await Deployment.create();
    const id = crypto.randomUUID();
    expect((await ask(`https://3000-${id}.example.com/`)).status).toBe(404);
    const tables = await runInDurableObject(environment.SANDBOX.getByName(id), (_sandbox, { storage }) =>
      [...storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_master")].map(({ name }) => name),
    );
    expect(tables.filter((name) => !name.startsWith("_cf_"))).toEqual([]);
  });

  test("forgets an ended sandbox a day after its last link has expired", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.launch();
    const { url } = await deployment.link(id, { port: 80, ttl_seconds: WEEK_S });
    await deployment.host.detach(id, generation);
    expect(await problemOf(await ask(url, {}, freshIsolate()))).toMatchObject({ code: "sandbox_not_found" });
    const before = await size(id);
    vi.setSystemTime(NOW_MS + (WEEK_S + 24 * 3600) * 1000);
    expect(await runDurableObjectAlarm(environment.SANDBOX.getByName(id))).toBe(true);
    expect(await size(id)).toBeLessThan(before);
    expect((await ask(`https://80-${id}.example.com/`)).status).toBe(404);
  });
});
