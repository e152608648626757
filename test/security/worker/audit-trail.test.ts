import { createExecutionContext, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import worker from "../../../worker/main.ts";
import { Workspace } from "../../../worker/objects/workspace.ts";
import {
  ADMIN_TOKEN,
  API,
  Deployment,
  environment,
  fetchEdge,
  freshIsolate,
} from "../../worker/deployment.ts";

const NOW_MS = 1_800_000_000_000;
const FROM = { "cf-connecting-ip": "192.0.2.44" };

interface Entry {
  readonly at: string;
  readonly who: { readonly kind: string; readonly id?: string; readonly role?: string };
  readonly what: string;
  readonly on: string;
  readonly from?: string;
  readonly result: string;
}

let lines: (Partial<Entry> & { event?: string; workspace?: string })[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
  lines = [];
  vi.spyOn(console, "log").mockImplementation((line) => void lines.push(line));
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const auditLines = () => lines.filter(({ event }) => event === "audit");

async function readPage(deployment: Deployment, query = "", token = deployment.token) {
  const response = await deployment.call(
    "GET",
    `workspaces/${deployment.workspace}/audit${query}`,
    undefined,
    token,
  );
  const { entries } = (await response.json()) as { entries: Entry[] };
  return { entries, next: /<([^>]+)>/.exec(response.headers.get("link") ?? "")?.[1] };
}

async function readTokenId({ workspace, token }: Deployment): Promise<string> {
  const { tokens } = (await (
    await fetchEdge(`${API}/v1/admin/workspaces/${workspace}/tokens`, { token: ADMIN_TOKEN })
  ).json()) as { tokens: { id: string }[] };
  expect(token).not.toContain(tokens[0]?.id);
  return tokens[0]?.id ?? "";
}

const call = (
  deployment: Deployment,
  method: string,
  path: string,
  body?: unknown,
  token = deployment.token,
) => fetchEdge(`${API}/v1/${path}`, { method, token, headers: FROM, body });

describe("3.8 the audit trail", () => {
  test("shows who changed what, on what, when, from where, with which result; newest first", async () => {
    const deployment = await Deployment.create({ per_second: 100, burst: 100 });
    const { id } = await deployment.attachSandbox();
    const tokenId = await readTokenId(deployment);
    const { workspace } = deployment;
    const minted = await call(deployment, "POST", `sandboxes/${id}/preview-token`, { port: 80 });
    const { token: link } = (await minted.json()) as { token: string };
    vi.setSystemTime(NOW_MS + 1_000);
    await call(deployment, "DELETE", `sandboxes/${id}/preview-tokens/${link}`);
    await call(deployment, "POST", `workspaces/${workspace}/signing-key/rotate`, {}, deployment.orgToken);
    const created = await call(deployment, "POST", `workspaces/${workspace}/tokens`, { name: "new" });
    const { id: newId } = (await created.json()) as { id: string };
    await call(deployment, "PUT", `admin/suspensions/sandboxes/${id}`, { reason: "abuse" }, ADMIN_TOKEN);
    await call(deployment, "DELETE", `sandboxes/${id}`);

    const { entries } = await readPage(deployment);
    const who = { kind: "api_token", id: tokenId, role: "owner" };
    const [ended, suspended, tokenMade, rotated, revoked, first] = entries;
    expect(first).toEqual({
      at: "2027-01-15T08:00:00Z",
      who,
      what: "createPreviewToken",
      on: expect.stringMatching(new RegExp(`^/v1/sandboxes/${id}/preview-tokens/[0-9a-f]{32}$`)),
      from: "192.0.2.44",
      result: "ok",
    });
    expect(revoked).toEqual({ ...first, at: "2027-01-15T08:00:01Z", what: "revokePreviewToken" });
    expect(rotated).toMatchObject({
      who: { kind: "org_token", role: "owner" },
      what: "rotateSigningKey",
      on: `/v1/workspaces/${workspace}/signing-key/rotate`,
    });
    expect(tokenMade).toMatchObject({
      what: "createWorkspaceToken",
      on: `/v1/workspaces/${workspace}/tokens/${newId}`,
    });
    expect(suspended).toMatchObject({ who: { kind: "admin" }, what: "suspend", result: "ok" });
    expect(ended, "it may have ended in part").toMatchObject({
      what: "deleteSandbox",
      result: "launcher_missing",
    });
  });

  test("has what the admin did to the workspace", async () => {
    const deployment = await Deployment.create();
    const { entries } = await readPage(deployment);
    expect(entries.map(({ what, who }) => [who.kind, what])).toEqual([
      ["admin", "createApiToken"],
      ["admin", "putWorkspace"],
    ]);
  });

  test("never has a secret: no API token, no link", async () => {
    const deployment = await Deployment.create({ per_second: 100, burst: 100 });
    const { id } = await deployment.attachSandbox();
    const { token: link } = await deployment.mintLink(id, { port: 80 });
    const created = await call(deployment, "POST", `workspaces/${deployment.workspace}/tokens`, {
      name: "new",
    });
    const { token: secret } = (await created.json()) as { token: string };
    await call(deployment, "DELETE", `sandboxes/${id}/preview-tokens/${link}`);
    await call(deployment, "DELETE", `sandboxes/${id}/preview-tokens/${"x".repeat(63)}`);
    const text = JSON.stringify([await readPage(deployment), lines]);
    for (const one of [link, secret, deployment.token, deployment.orgToken, ADMIN_TOKEN, "x".repeat(63)])
      expect(text).not.toContain(one);
  });

  test("is read by owners, org tokens and the admin only", async () => {
    const deployment = await Deployment.create();
    const read = async (token: string) =>
      (await deployment.call("GET", `workspaces/${deployment.workspace}/audit`, undefined, token)).status;
    expect(await read(deployment.token)).toBe(200);
    expect(await read(deployment.orgToken)).toBe(200);
    expect(await read(ADMIN_TOKEN)).toBe(200);
    expect(await read(await deployment.createToken({ role: "developer" }))).toBe(403);
    expect(await read((await Deployment.create()).token)).toBe(404);
    const unknown = await fetchEdge(`${API}/v1/workspaces/unknown/audit`, { token: ADMIN_TOKEN });
    expect(unknown.status).toBe(404);
  });

  test("keeps the last 1 000 changes, one row each, in pages", async () => {
    const deployment = await Deployment.create({ per_second: 1000, burst: 1000 });
    const stub = environment.WORKSPACE.getByName(deployment.workspace);
    const rows = await runInDurableObject(stub, (workspace, { storage }) => {
      const before = storage.sql.exec("SELECT MAX(slot) FROM audit").rowsRead;
      expect(before).toBeGreaterThan(0);
      for (let count = 0; count < 1_005; count++)
        workspace.recordChange({
          atMs: NOW_MS,
          who: { kind: "admin" },
          what: `n${count}`,
          on: "/",
          result: "ok",
        });
      return storage.sql.exec("SELECT * FROM audit").toArray().length;
    });
    expect(rows).toBe(1_000);
    const seen: string[] = [];
    let query: string | undefined = "?limit=300";
    let pages = 0;
    while (query !== undefined) {
      const { entries, next } = await readPage(deployment, query);
      seen.push(...entries.map(({ what }) => what));
      query = next && new URL(next).search;
      pages += 1;
    }
    expect(pages).toBe(4);
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, index) => `n${1_004 - index}`));
  });

  test("cannot be flushed by a token that may change nothing; its tries are in the log", async () => {
    const deployment = await Deployment.create({ per_second: 1000, burst: 1000 });
    const viewer = await deployment.createToken({ role: "viewer" });
    const before = await readPage(deployment);
    for (let count = 0; count < 20; count++)
      await call(deployment, "POST", `workspaces/${deployment.workspace}/signing-key/rotate`, {}, viewer);
    expect((await readPage(deployment)).entries).toEqual(before.entries);
    for (let count = 0; count < 20; count++)
      await call(deployment, "POST", `sandboxes/${crypto.randomUUID()}/preview-token`, { port: 1 });
    expect((await readPage(deployment)).entries, "of an owner either").toEqual(before.entries);
    const tries = auditLines().filter(({ result }) => result === "forbidden");
    expect(tries).toHaveLength(20);
    expect(tries[0]).toMatchObject({ who: { role: "viewer" }, what: "rotateSigningKey", from: "192.0.2.44" });
  });

  test("is written also where the client resets the connection at once", async () => {
    const deployment = await Deployment.create();
    const context = createExecutionContext();
    const waits: Promise<unknown>[] = [];
    vi.spyOn(context, "waitUntil").mockImplementation((promise) => void waits.push(promise));
    const url = `${API}/v1/workspaces/${deployment.workspace}/signing-key/rotate`;
    const headers = { authorization: `Bearer ${deployment.token}` };
    const request = new Request(url, { method: "POST", headers });
    void worker.fetch(request as Parameters<typeof worker.fetch>[0], freshIsolate(), context);
    for (let count = 0; count < waits.length || count < 2; count++) {
      await expect.poll(() => waits.length).toBeGreaterThan(count);
      await waits[count];
    }
    expect((await readPage(deployment)).entries[0]).toMatchObject({ what: "rotateSigningKey", result: "ok" });
  });

  test("that cannot be written does not fail the call, and is in the log with the change", async () => {
    const deployment = await Deployment.create();
    const errors = vi.spyOn(console, "error").mockImplementation(() => {});
    vi.spyOn(Workspace.prototype, "recordChange").mockImplementation(() => {
      throw new Error("overloaded");
    });
    const path = `workspaces/${deployment.workspace}/signing-key/rotate`;
    expect((await call(deployment, "POST", path, {})).status).toBe(200);
    expect(errors).toHaveBeenCalledWith(
      expect.objectContaining({ event: "audit_not_written", what: "rotateSigningKey" }),
    );
  });

  test("has a change that failed halfway, with the code", async () => {
    const deployment = await Deployment.create();
    vi.spyOn(console, "error").mockImplementation(() => {});
    vi.spyOn(Workspace.prototype, "rotateKeys").mockImplementation(() =>
      Promise.reject(new Error("halfway")),
    );
    const path = `workspaces/${deployment.workspace}/signing-key/rotate`;
    expect((await call(deployment, "POST", path, {})).status).toBe(500);
    expect((await readPage(deployment)).entries[0]).toMatchObject({
      what: "rotateSigningKey",
      result: "internal",
    });
  });

  test("of a workspace that does not exist is not begun", async () => {
    await fetchEdge(`${API}/v1/admin/workspaces/nobody/tokens/${crypto.randomUUID()}`, {
      method: "DELETE",
      token: ADMIN_TOKEN,
    });
    const stub = environment.WORKSPACE.getByName("nobody");
    const tables = await runInDurableObject(stub, (_object, { storage }) =>
      storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name = 'audit'").toArray(),
    );
    expect(tables).toEqual([]);
  });
});

describe("3.8 each change over the API", () => {
  test("is one log event, also where it concerns no workspace; a host's own calls and reads are none", async () => {
    const deployment = await Deployment.create();
    lines.length = 0;
    await call(deployment, "PUT", `admin/orgs/${deployment.org}`, { name: "Renamed" }, ADMIN_TOKEN);
    await call(
      deployment,
      "PUT",
      `orgs/${deployment.org}/rate-limit`,
      { per_second: 5, burst: 5 },
      deployment.orgToken,
    );
    await call(deployment, "POST", "admin/enrolments", { host: "h" }, ADMIN_TOKEN);
    await call(deployment, "DELETE", "admin/hosts/unknown", undefined, ADMIN_TOKEN);
    await call(deployment, "GET", "sandboxes");
    await deployment.attachSandbox();
    expect(auditLines()).toMatchObject([
      { who: { kind: "admin" }, what: "putOrg", on: `/v1/admin/orgs/${deployment.org}`, result: "ok" },
      { who: { kind: "org_token" }, what: "putRateLimit", from: "192.0.2.44", result: "ok" },
      { who: { kind: "admin" }, what: "createEnrolment", on: "/v1/hosts/h" },
      { who: { kind: "admin" }, what: "deleteHost" },
    ]);
    expect(auditLines().every(({ workspace }) => workspace === undefined)).toBe(true);
  });
});
