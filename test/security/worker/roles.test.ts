import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MAX_TOKENS_PER_WORKSPACE } from "../../../worker/api/calls/workspace-tokens.ts";
import { ADMIN_TOKEN, API, Deployment, environment, fetchEdge, problemOf } from "../../worker/deployment.ts";

const NOW_MS = 1_800_000_000_000;
const UUID = crypto.randomUUID();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const asAdmin = (method: string, path: string, body?: unknown) =>
  fetchEdge(`${API}/v1/admin/${path}`, { method, token: ADMIN_TOKEN, body });
const newName = () => `ws-${crypto.randomUUID().slice(0, 8)}`;
const inSeconds = (s: number) => new Date(NOW_MS + s * 1000).toISOString().replace(".000", "");

type Role = "viewer" | "developer" | "owner" | "org";

const CALLS: [least: Role, method: string, path: string, body?: unknown][] = [
  ["viewer", "GET", "sandboxes"],
  ["viewer", "GET", "sandboxes/{id}"],
  ["viewer", "GET", "sandboxes/{id}/ports"],
  ["viewer", "GET", "orgs/{org}/rate-limit"],
  ["viewer", "GET", "sandboxes/{id}/access"],
  ["viewer", "GET", "workspaces/{ws}/access"],
  ["viewer", "GET", "orgs/{org}/private-ports"],
  ["developer", "PUT", "sandboxes/{id}/ports/80", { access: "private" }],
  ["developer", "DELETE", "sandboxes/{id}/ports/80"],
  ["developer", "PUT", "sandboxes/{id}/access", { access: "private" }],
  ["developer", "DELETE", "sandboxes/{id}/access"],
  ["owner", "PUT", "workspaces/{ws}/access", { access: "private" }],
  ["owner", "DELETE", "workspaces/{ws}/access"],
  ["org", "PUT", "orgs/{org}/private-ports", { private_ports: [5678] }],
  ["org", "DELETE", "orgs/{org}/private-ports"],
  ["developer", "POST", "sandboxes", { template: "vite" }],
  ["developer", "DELETE", `sandboxes/${UUID}`],
  ["developer", "POST", "sandboxes/{id}/preview-token", { port: 80 }],
  ["developer", "DELETE", "sandboxes/{id}/preview-tokens/{link}"],
  ["owner", "POST", "workspaces/{ws}/signing-key/rotate", {}],
  ["owner", "POST", "workspaces/{ws}/tokens", { name: "new" }],
  ["owner", "GET", "workspaces/{ws}/tokens"],
  ["owner", "DELETE", `workspaces/{ws}/tokens/${UUID}`],
  ["owner", "GET", "workspaces/{ws}/audit"],
  ["org", "PUT", "orgs/{org}/rate-limit", { per_second: 2, burst: 20 }],
  ["org", "DELETE", "orgs/{org}/rate-limit"],
];
const ROLES: readonly Role[] = ["viewer", "developer", "owner", "org"];

describe("3.2 an API token's role", () => {
  test.each(CALLS)("%s is the least for %s %s", async (least, method, path, body) => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const { token: link } = await deployment.mintLink(id, { port: 80 });
    const tokens: Record<Role, string> = {
      viewer: await deployment.createToken({ role: "viewer" }),
      developer: await deployment.createToken({ role: "developer" }),
      owner: await deployment.createToken({ role: "owner" }),
      org: deployment.orgToken,
    };
    const filled = path
      .replace("{id}", id)
      .replace("{org}", deployment.org)
      .replace("{ws}", deployment.workspace)
      .replace("{link}", link);
    for (const role of ROLES) {
      const response = await deployment.call(method, filled, body, tokens[role]);
      if (ROLES.indexOf(role) < ROLES.indexOf(least))
        expect(await problemOf(response), role).toMatchObject({ status: 403, code: "forbidden" });
      else expect([200, 201, 204, 501], role).toContain(response.status);
    }
  });

  test("is developer where none was chosen", async () => {
    const deployment = await Deployment.create();
    const path = `workspaces/${deployment.workspace}/tokens`;
    const created = await (await asAdmin("POST", path, { name: "ci" })).json();
    expect(created).toMatchObject({ role: "developer" });
    const { token } = created as { token: string };
    const rotated = await deployment.call(
      "POST",
      `workspaces/${deployment.workspace}/signing-key/rotate`,
      {},
      token,
    );
    expect(rotated.status).toBe(403);
  });

  test("reaches no other workspace, as an owner either", async () => {
    const deployment = await Deployment.create();
    const other = newName();
    await deployment.createWorkspace(other);
    for (const [method, path] of [
      ["GET", "tokens"],
      ["GET", "audit"],
      ["GET", "access"],
      ["DELETE", "access"],
      ["POST", "signing-key/rotate"],
      ["DELETE", `tokens/${UUID}`],
    ] as const) {
      const response = await deployment.call(method, `workspaces/${other}/${path}`, undefined);
      expect(await problemOf(response), path).toMatchObject({ status: 404, code: "not_found" });
    }
  });
});

describe("3.2 an org's limit", () => {
  test("is not changed by a workspace's token, of whatever role, nor by another org's token", async () => {
    const deployment = await Deployment.create();
    const stranger = await Deployment.create();
    const path = `orgs/${deployment.org}/rate-limit`;
    const limit = { per_second: 0.01, burst: 1 };
    expect((await deployment.call("PUT", path, limit, deployment.token)).status).toBe(403);
    expect((await deployment.call("PUT", path, limit, stranger.token)).status).toBe(403);
    expect((await deployment.call("PUT", path, limit, stranger.orgToken)).status).toBe(404);
    expect(await (await deployment.call("GET", path)).json()).toMatchObject({ per_second: 1, burst: 10 });
  });

  test("below the default leaves the API its default, so that it can be undone", async () => {
    const deployment = await Deployment.create({ per_second: 0.01, burst: 1 });
    for (const token of [deployment.token, deployment.orgToken]) {
      for (let count = 0; count < 10; count++)
        expect((await deployment.call("GET", "sandboxes", undefined, token)).status).toBe(200);
      expect((await deployment.call("GET", "sandboxes", undefined, token)).status).toBe(429);
      vi.setSystemTime(Date.now() + 1_000);
      expect((await deployment.call("GET", "sandboxes", undefined, token)).status).toBe(200);
    }
  });
});

describe("3.2 an admin's PUT keeps what it does not name", () => {
  test("an org's ceiling, when the org gets another name", async () => {
    const deployment = await Deployment.create();
    const ceiling = { per_second: 5, burst: 50 };
    await asAdmin("PUT", `orgs/${deployment.org}`, { name: "Org", max_rate_limit: ceiling });
    const renamed = await asAdmin("PUT", `orgs/${deployment.org}`, { name: "Another name" });
    expect(await renamed.json()).toEqual({
      id: deployment.org,
      name: "Another name",
      max_rate_limit: ceiling,
    });
    const beyond = await deployment.call(
      "PUT",
      `orgs/${deployment.org}/rate-limit`,
      { per_second: 6, burst: 50 },
      deployment.orgToken,
    );
    expect(beyond.status).toBe(403);
  });

  test("the ceiling of an org that was created before orgs had objects", async () => {
    const org = `org-${crypto.randomUUID().slice(0, 8)}`;
    const former = { id: org, name: "Former", maxRateLimit: { perSecond: 3, burst: 30 } };
    await environment.POLICY.put(`org:${org}`, JSON.stringify(former));
    const renamed = await asAdmin("PUT", `orgs/${org}`, { name: "New" });
    expect(await renamed.json()).toMatchObject({ max_rate_limit: { per_second: 3, burst: 30 } });
  });

  test("a host's launcher and workspaces, when it gets another origin", async () => {
    const { host, workspace } = await Deployment.create();
    const record = await environment.HOST.getByName(host.id).read();
    const put = (change: object) =>
      asAdmin("PUT", `hosts/${host.id}`, { origin: host.origin, public_key: record?.publicKey, ...change });
    await put({ launches: true, workspaces: [workspace] });
    await put({ origin: "https://elsewhere.test" });
    expect(await environment.HOST.getByName(host.id).read()).toMatchObject({
      origin: "https://elsewhere.test",
      launches: true,
      workspaces: [workspace],
    });
    await put({ workspaces: null });
    expect((await environment.HOST.getByName(host.id).read())?.workspaces).toBeUndefined();
  });
});

describe("3.2 a token that expires", () => {
  test("is refused from then on, on each call", async () => {
    const deployment = await Deployment.create();
    const token = await deployment.createToken({ expires_at: inSeconds(60) });
    const list = () => deployment.call("GET", "sandboxes", undefined, token);
    expect((await list()).status).toBe(200);
    vi.setSystemTime(NOW_MS + 60_000);
    const problem = await problemOf(await list());
    expect(problem).toMatchObject({ status: 401, detail: expect.stringContaining("expired") });
  });

  test("makes no successor that outlives it", async () => {
    const deployment = await Deployment.create();
    const token = await deployment.createToken({ role: "owner", expires_at: inSeconds(60) });
    const path = `workspaces/${deployment.workspace}/tokens`;
    for (const expiry of [undefined, inSeconds(3600)]) {
      const body = { name: "successor", role: "owner", ...(expiry && { expires_at: expiry }) };
      expect(await (await deployment.call("POST", path, body, token)).json()).toMatchObject({
        expires_at: inSeconds(60),
      });
    }
  });

  test.each(["2020-01-01T00:00:00Z", "tomorrow", "2027-01-15T08:00:00", 1e12])(
    "cannot be created for %s",
    async (expires_at) => {
      const { workspace } = await Deployment.create();
      const response = await asAdmin("POST", `workspaces/${workspace}/tokens`, { name: "x", expires_at });
      expect(await problemOf(response)).toMatchObject({ status: 400, errors: [{ path: "/expires_at" }] });
    },
  );
});

describe("3.2 an org's token", () => {
  test("is an owner in all workspaces of its org, and in no other", async () => {
    const deployment = await Deployment.create({ per_second: 100, burst: 100 });
    const { id } = await deployment.attachSandbox([80]);
    const second = newName();
    await deployment.createWorkspace(second);
    const call = (method: string, path: string, body?: unknown) =>
      deployment.call(method, path, body, deployment.orgToken);
    expect((await call("GET", `sandboxes/${id}`)).status).toBe(200);
    expect((await call("POST", `sandboxes/${id}/preview-token`, { port: 80 })).status).toBe(200);
    expect((await call("POST", `workspaces/${second}/signing-key/rotate`, {})).status).toBe(200);
    expect((await call("GET", `workspaces/${second}/tokens`)).status).toBe(200);
    const list = async (query: string) => (await call("GET", `sandboxes${query}`)).json();
    expect(await list(`?workspace=${deployment.workspace}`)).toMatchObject([{ id }]);
    expect(await list(`?workspace=${second}`)).toEqual([]);
    expect(await problemOf(await call("GET", "sandboxes"))).toMatchObject({
      status: 400,
      code: "request_invalid",
    });

    const stranger = await Deployment.create();
    const foreign = await stranger.attachSandbox();
    for (const [path, code] of [
      [`sandboxes/${foreign.id}`, "sandbox_not_found"],
      [`sandboxes/${foreign.id}/ports`, "sandbox_not_found"],
      [`sandboxes?workspace=${stranger.workspace}`, "not_found"],
      [`workspaces/${stranger.workspace}/tokens`, "not_found"],
      [`workspaces/${stranger.workspace}/audit`, "not_found"],
    ] as const)
      expect(await problemOf(await call("GET", path)), path).toMatchObject({ status: 404, code });
    const minted = await call("POST", `sandboxes/${foreign.id}/preview-token`, { port: 80 });
    expect(minted.status).toBe(404);
  });

  test("need not name the only workspace of its org", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const list = await deployment.call("GET", "sandboxes", undefined, deployment.orgToken);
    expect(await list.json()).toMatchObject([{ id, workspace: deployment.workspace }]);
  });

  test("is created, listed and revoked by the admin only, and refused at once", async () => {
    const deployment = await Deployment.create();
    const path = `orgs/${deployment.org}/tokens`;
    const { tokens } = (await (await asAdmin("GET", path)).json()) as { tokens: { id: string }[] };
    expect(tokens).toMatchObject([{ role: "owner", name: "test" }]);
    expect(JSON.stringify(tokens)).not.toContain(deployment.orgToken);
    for (const token of [deployment.token, deployment.orgToken])
      expect((await fetchEdge(`${API}/v1/admin/${path}`, { token })).status).toBe(401);
    expect((await asAdmin("DELETE", `${path}/${tokens[0]?.id}`)).status).toBe(204);
    expect((await deployment.call("GET", "sandboxes", undefined, deployment.orgToken)).status).toBe(401);
    expect((await asAdmin("POST", "orgs/unknown/tokens", { name: "x" })).status).toBe(404);
  });

  test("does not come of a workspace's token whose record lost its workspace", async () => {
    const deployment = await Deployment.create();
    const { keys } = await environment.POLICY.list({ prefix: `workspace-token:${deployment.workspace}:` });
    const sha256 = await environment.POLICY.get(keys[0]?.name ?? "");
    const record = (await environment.POLICY.get(`token:${sha256}`, "json")) as object;
    await environment.POLICY.put(`token:${sha256}`, JSON.stringify({ ...record, workspace: undefined }));
    expect((await deployment.call("GET", "sandboxes")).status).toBe(401);
  });
});

describe("3.2 what an owner can make us keep has a bound:", () => {
  test(`${MAX_TOKENS_PER_WORKSPACE} tokens`, async () => {
    const deployment = await Deployment.create();
    const { keys } = await environment.POLICY.list({ prefix: `workspace-token:${deployment.workspace}:` });
    const [{ metadata } = { metadata: {} }] = keys as { metadata?: object }[];
    for (let count = 1; count < MAX_TOKENS_PER_WORKSPACE; count++) {
      const id = crypto.randomUUID();
      const key = `workspace-token:${deployment.workspace}:${id}`;
      await environment.POLICY.put(key, "0", { metadata: { ...metadata, id } });
    }
    const path = `workspaces/${deployment.workspace}/tokens`;
    const response = await deployment.call("POST", path, { name: "one more" });
    expect(await problemOf(response)).toMatchObject({ status: 409, code: "conflict" });
    expect((await asAdmin("POST", path, { name: "one more" })).status, "the admin is not bound").toBe(201);
  });

  test("marks of revoked tokens, for a day", async () => {
    const deployment = await Deployment.create();
    const revoke = () =>
      deployment.call("DELETE", `workspaces/${deployment.workspace}/tokens/${crypto.randomUUID()}`);
    for (let count = 0; count < 5; count++) expect((await revoke()).status).toBe(204);
    vi.setSystemTime(NOW_MS + 24 * 3_600_000 + 1);
    await revoke();
    const stub = environment.WORKSPACE.getByName(deployment.workspace);
    const marks = await runInDurableObject(stub, (_object, { storage }) => [
      ...storage.kv.list({ prefix: "revoked:" }),
    ]);
    expect(marks).toHaveLength(1);
  });
});
