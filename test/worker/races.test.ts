import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { APP_HEADER } from "../../shared/protocol/headers.ts";
import { MAX_LINKS_PER_REVOCATION } from "../../shared/protocol/host-calls.ts";
import { HOST_DOWN_AFTER_MS, HOST_SUSPECTED_MS } from "../../worker/objects/host.ts";
import type { HostState, WorkspaceState } from "../../worker/objects/messages.ts";
import { RevocationOutbox } from "../../worker/objects/revocation-outbox.ts";
import { Sandbox } from "../../worker/objects/sandbox.ts";
import { Workspace } from "../../worker/objects/workspace.ts";
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

const statusOf = async (url: string) => (await fetchEdge(url, {}, freshIsolate())).status;
const publicUrl = (id: string) => `https://80-${id}.example.com/`;
const rotate = (deployment: Deployment, body: object) =>
  deployment.call("POST", `workspaces/${deployment.workspace}/signing-key/rotate`, body);
const beat = (host: FakeHost, atMs: number) =>
  host.callApi("heartbeat", {
    taken_at: atMs,
    guests: [...host.guests].map(([sandbox_id, generation]) => ({ sandbox_id, generation })),
  });

/** Answers a method's first call only when it is let go, and says when that call has come. */
function hold<Method extends "applyHostState" | "applyWorkspaceState" | "attach">(method: Method) {
  const came = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const original = Sandbox.prototype[method] as (...args: unknown[]) => unknown;
  let calls = 0;
  const held = vi.spyOn(Sandbox.prototype, method).mockImplementation(async function (
    this: Sandbox,
    ...args: unknown[]
  ) {
    calls += 1;
    if (calls === 1) {
      came.resolve();
      if (method === "attach") await go.promise;
      const response = original.apply(this, args);
      if (method !== "attach") await go.promise;
      return response;
    }
    if (calls === 2 && method !== "attach") throw new Error("overloaded");
    return original.apply(this, args);
  } as never);
  return { came: came.promise, letGo: () => go.resolve(), restore: () => held.mockRestore() };
}

describe("a revoked link", () => {
  test("stays revoked where its sandbox ends during the call to its host", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    const link = await deployment.mintLink(id, { port: 80, ttl_seconds: WEEK_S });
    const respond = deployment.host.respond.bind(deployment.host);
    vi.spyOn(deployment.host, "respond").mockImplementation(async (request) => {
      if (new URL(request.url).pathname !== "/revocations") return respond(request);
      await deployment.host.detach(id, generation);
      return new Response(null, { status: 503 });
    });
    expect((await deployment.call("DELETE", `sandboxes/${id}/preview-tokens/${link.token}`)).status).toBe(
      204,
    );
    await runDurableObjectAlarm(environment.SANDBOX.getByName(id));
    await deployment.host.attach(deployment.workspace, id, createGeneration(NOW_MS + 10));
    expect(await problemOf(await fetchEdge(link.url))).toMatchObject({ code: "link_revoked" });
  });

  test("can be revoked while its sandbox is stopped", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    const link = await deployment.mintLink(id, { port: 80 });
    await deployment.host.detach(id, generation);
    const path = `sandboxes/${id}/preview-tokens/${link.token}`;
    expect((await deployment.call("DELETE", path)).status).toBe(204);
    await deployment.host.attach(deployment.workspace, id, createGeneration(NOW_MS + 5));
    expect(await statusOf(link.url)).toBe(403);
  });

  test("is told in as many calls as it takes", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const sandbox = environment.SANDBOX.getByName(id);
    await runInDurableObject(sandbox, async (_object, { storage }) => {
      const outbox = new RevocationOutbox(storage);
      for (let count = 0; count < MAX_LINKS_PER_REVOCATION + 1; count++)
        outbox.add({ link: `l${count}`, untilMs: NOW_MS + 1e6 });
      await storage.setAlarm(NOW_MS + 1);
    });
    await evictDurableObject(sandbox);
    await runDurableObjectAlarm(sandbox);
    await runDurableObjectAlarm(sandbox);
    const told = deployment.host.revocations as { links: string[] }[];
    expect(told.map(({ links }) => links.length)).toEqual([MAX_LINKS_PER_REVOCATION, 1]);
  });
});

describe("cut keys", () => {
  test("reach the host also where an announcement brings them first", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    vi.spyOn(Sandbox.prototype, "applyWorkspaceState").mockImplementationOnce(() => {
      throw new Error("overloaded");
    });
    await rotate(deployment, { cut_previous: true });
    await deployment.host.attach(deployment.workspace, id, generation);
    await expect.poll(() => deployment.host.revocations).toMatchObject([{ key_versions: [1] }]);
  });

  test("reach a sandbox that is getting an older state", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const link = await deployment.mintLink(id, { port: 80 });
    const held = hold("applyWorkspaceState");
    const first = rotate(deployment, {});
    await held.came;
    expect((await rotate(deployment, { cut_previous: true })).status).toBe(200);
    held.letGo();
    await first;
    held.restore();
    await runDurableObjectAlarm(environment.WORKSPACE.getByName(deployment.workspace));
    expect(await statusOf(link.url)).toBe(403);
  });

  test("and limits of a workspace reach no sandbox of another, though it tried to attach it", async () => {
    const owner = await Deployment.create({ per_second: 100, burst: 100 });
    const { id } = await owner.attachSandbox();
    const link = await owner.mintLink(id, { port: 80 });
    const other = await Deployment.create({ per_second: 100, burst: 100 });
    connect(owner.host, other.host);
    const refused = await other.host.attach(other.workspace, id, createGeneration(NOW_MS + 1));
    expect(refused.status).toBe(403);
    expect(await environment.WORKSPACE.getByName(other.workspace).listSandboxes("", 10)).toEqual([]);
    const state: WorkspaceState = {
      workspace: other.workspace,
      keys: { revision: 9, previous: [] },
      limit: { limit: { perSecond: 0.01, burst: 1 }, changedAtMs: NOW_MS + 1 },
    };
    await environment.SANDBOX.getByName(id).applyWorkspaceState(state);
    for (let count = 0; count < 3; count++) expect(await statusOf(link.url)).toBe(200);
  });
});

describe("a sandbox that starts anew", () => {
  test("while its former start is being taken down stays in its workspace", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    const other = new FakeHost();
    await other.enrol();
    connect(deployment.host, other);
    const endSandbox = Workspace.prototype.endSandbox;
    vi.spyOn(Workspace.prototype, "endSandbox").mockImplementationOnce(async function (
      this: Workspace,
      ...args: Parameters<typeof endSandbox>
    ) {
      await other.attach(deployment.workspace, id, createGeneration(NOW_MS + 5));
      return endSandbox.apply(this, args);
    } as never);
    await deployment.host.detach(id, generation);
    expect(await (await deployment.call("GET", "sandboxes")).json()).toMatchObject([{ id, host: other.id }]);
  });
});

describe("a take-down that is cut short", () => {
  test("is finished when it is repeated", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    vi.spyOn(Workspace.prototype, "endSandbox").mockImplementationOnce(() => {
      throw new Error("overloaded");
    });
    expect((await deployment.host.detach(id, generation)).status).toBe(500);
    expect((await deployment.host.detach(id, generation)).status).toBe(200);
    expect(await environment.WORKSPACE.getByName(deployment.workspace).listSandboxes("", 10)).toEqual([]);
  });
});

describe("an attach", () => {
  test("that its detach overtakes leaves no route behind", async () => {
    const deployment = await Deployment.create();
    const id = crypto.randomUUID();
    const generation = createGeneration();
    const held = hold("attach");
    const attaching = deployment.host.attach(deployment.workspace, id, generation);
    await held.came;
    await deployment.host.detach(id, generation);
    held.letGo();
    expect((await attaching).status).toBe(409);
    expect((await deployment.call("GET", `sandboxes/${id}`)).status).toBe(404);
  });

  test("of a host that is being removed leaves no route behind", async () => {
    const deployment = await Deployment.create();
    await deployment.attachSandbox();
    const late = crypto.randomUUID();
    const detach = Sandbox.prototype.detach;
    vi.spyOn(Sandbox.prototype, "detach").mockImplementationOnce(async function (
      this: Sandbox,
      ...args: Parameters<typeof detach>
    ) {
      await deployment.host.attach(deployment.workspace, late, createGeneration(NOW_MS + 1));
      return detach.apply(this, args);
    } as never);
    const path = `${API}/v1/admin/hosts/${deployment.host.id}`;
    expect((await fetchEdge(path, { method: "DELETE", token: ADMIN_TOKEN })).status).toBe(204);
    expect(await statusOf(publicUrl(late))).toBe(404);
  });

  test("with a generation from the future is refused: it would lock the rightful host out", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const other = new FakeHost();
    await other.enrol();
    const refused = await other.attach(deployment.workspace, id, "9999999999999-aaaaaaaa");
    expect(await problemOf(refused)).toMatchObject({ status: 400, detail: expect.stringContaining("clock") });
  });
});

describe("a host that is back", () => {
  test("is back for a sandbox that is being told that it is down", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const host = environment.HOST.getByName(deployment.host.id);
    vi.setSystemTime(NOW_MS + HOST_SUSPECTED_MS);
    await runDurableObjectAlarm(host);
    vi.setSystemTime(NOW_MS + HOST_SUSPECTED_MS + HOST_DOWN_AFTER_MS);
    deployment.host.isAway = true;
    const held = hold("applyHostState");
    const ringing = runDurableObjectAlarm(host);
    await held.came;
    deployment.host.isAway = false;
    await beat(deployment.host, Date.now());
    held.letGo();
    await ringing;
    held.restore();
    vi.setSystemTime(Date.now() + 15_000);
    await beat(deployment.host, Date.now());
    await expect.poll(() => statusOf(publicUrl(id))).toBe(200);
  });

  test("is not down again for an older state", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const sandbox = environment.SANDBOX.getByName(id);
    const state = (revision: number, down: boolean): HostState => ({
      hostId: deployment.host.id,
      origin: deployment.host.origin,
      revision,
      down,
    });
    await sandbox.applyHostState(state(2, false));
    await sandbox.applyHostState(state(1, true));
    expect(await statusOf(publicUrl(id))).toBe(200);
  });

  test("elsewhere is found there by what it attached before", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const moved = new FakeHost();
    Object.assign(moved, { guests: deployment.host.guests });
    const record = await environment.HOST.getByName(deployment.host.id).read();
    const { kty, crv, x } = record?.publicKey ?? {};
    const body = { origin: moved.origin, public_key: { kty, crv, x } };
    const path = `${API}/v1/admin/hosts/${deployment.host.id}`;
    expect((await fetchEdge(path, { method: "PUT", token: ADMIN_TOKEN, body })).status).toBe(200);
    const fetched = vi
      .spyOn(globalThis, "fetch")
      .mockImplementation(async () => new Response("moved") as never);
    expect(await (await fetchEdge(publicUrl(id), {}, freshIsolate())).text()).toBe("moved");
    const [request] = fetched.mock.calls[0] as unknown as [Request];
    expect(request.url).toBe(`${moved.origin}/`);
  });
});

describe("forward()", () => {
  test("keeps Cloudflare's cache out, which knows no sandboxes", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const fetched = vi.spyOn(globalThis, "fetch");
    await fetchEdge(`${publicUrl(id)}assets/app.js`);
    const [forwarded] = fetched.mock.calls[0] as unknown as [Request];
    expect(forwarded.cf).toEqual({ cacheTtl: -1 });
  });

  test.each([
    [523, { server: "cloudflare" }, 502, "host_unreachable"],
    // Section 4, 5 of issue 9: a failure page without Cloudflare's name, and an app that sends it.
    [530, {}, 502, "host_unreachable"],
    [523, { server: "cloudflare", [APP_HEADER]: "1" }, 523, null],
    [500, { server: "cloudflare" }, 500, null],
    [519, {}, 519, null],
    [531, {}, 531, null],
  ] as const)("takes a %i with %j for what it is", async (status, headers, seen, code) => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    vi.spyOn(deployment.host, "respond").mockImplementation(
      async () => new Response("error code: 523", { status, headers }),
    );
    const response = await fetchEdge(publicUrl(id));
    expect([response.status, response.headers.get("preview-error")]).toEqual([seen, code]);
  });
});

test("a crowd at a limited name asks once for the token that is there again", async () => {
  const deployment = await Deployment.create();
  const { id } = await deployment.attachSandbox();
  const { isolate, calls } = countingIsolate();
  for (let count = 0; count < 12; count++) await fetchEdge(publicUrl(id), {}, isolate);
  calls.length = 0;
  vi.setSystemTime(NOW_MS + 1001);
  const responses = await Promise.all(
    Array.from({ length: 300 }, () => fetchEdge(publicUrl(id), {}, isolate)),
  );
  expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(calls).toHaveLength(1);
});

test("records of restricted links go with them", async () => {
  const deployment = await Deployment.create({ per_second: 100, burst: 100 });
  const { id } = await deployment.attachSandbox();
  for (let count = 0; count < 5; count++) {
    await deployment.mintLink(id, { port: 80, ttl_seconds: 1, paths: ["/docs"] });
    vi.setSystemTime(NOW_MS + count * 60_000);
  }
  const rows = await runInDurableObject(
    environment.SANDBOX.getByName(id),
    (_object, { storage }) => [...storage.sql.exec("SELECT name FROM links")].length,
  );
  expect(rows).toBe(1);
});
