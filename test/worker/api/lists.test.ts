import { afterEach, describe, expect, test, vi } from "vitest";
import { MAX_LISTED_LINKS } from "../../../worker/objects/sandbox/listed-links.ts";
import { ADMIN_TOKEN, API, Deployment, fetchEdge } from "../deployment.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

interface Listed {
  readonly links: readonly Record<string, unknown>[];
}

async function setUp() {
  const deployment = await Deployment.create({ per_second: 1000, burst: 1000 });
  const { id } = await deployment.attachSandbox([3000]);
  const list = async () =>
    (await (await deployment.call("GET", `sandboxes/${id}/preview-tokens`)).json()) as Listed;
  return { deployment, id, list };
}

describe("GET /v1/sandboxes/{id}/preview-tokens", () => {
  test("lists what people know links by, and never the token", async () => {
    const { deployment, id, list } = await setUp();
    expect(await list()).toEqual({ links: [] });
    const body = { port: 3000, label: "For Ada", paths: ["/a"], embed: ["https://app.example.org"] };
    const { token } = await deployment.mintLink(id, body);
    const { links } = await list();
    expect(links).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        port: 3000,
        label: "For Ada",
        paths: ["/a"],
        embed: ["https://app.example.org"],
        created_by: { kind: "api_token", id: expect.any(String), role: "owner" },
        created_at: expect.any(String),
        expires_at: expect.any(String),
      },
    ]);
    expect(JSON.stringify(links)).not.toContain(token);
  });

  test("shows when a link was used, and no use of the public hostname", async () => {
    const { deployment, id, list } = await setUp();
    const { url } = await deployment.mintLink(id, { port: 3000 });
    await fetchEdge(`https://3000-${id}.example.com/`);
    expect((await list()).links[0]).not.toHaveProperty("last_used_at");
    expect((await fetchEdge(url)).status).toBe(200);
    expect((await list()).links[0]).toHaveProperty("last_used_at");
  });

  test("leaves out the links that expire first beyond the bound, which still open", async () => {
    const { deployment, id, list } = await setUp();
    const first = await deployment.mintLink(id, { port: 3000, ttl_seconds: 60 });
    for (let start = 0; start < MAX_LISTED_LINKS; start += 50) {
      await Promise.all(
        Array.from({ length: 50 }, () => deployment.mintLink(id, { port: 3000, ttl_seconds: 3600 })),
      );
    }
    const { links } = await list();
    expect(links).toHaveLength(MAX_LISTED_LINKS);
    const soonest = Math.min(...links.map(({ expires_at: end }) => Date.parse(String(end))));
    expect(soonest).toBeGreaterThan(Date.now() + 120_000);
    expect((await fetchEdge(first.url)).status).toBe(200);
  });

  test("is refused for a sandbox of another workspace", async () => {
    const { id } = await setUp();
    const other = await Deployment.create();
    expect((await other.call("GET", `sandboxes/${id}/preview-tokens`)).status).toBe(404);
  });
});

describe("DELETE /v1/sandboxes/{id}/preview-tokens/{token}", () => {
  test("revokes a listed link by its id, which is gone from the list and ends at the host", async () => {
    const { deployment, id, list } = await setUp();
    const { url } = await deployment.mintLink(id, { port: 3000 });
    const kept = await deployment.mintLink(id, { port: 3000 });
    const linkId = String((await list()).links.at(-1)?.id);
    const path = `sandboxes/${id}/preview-tokens/${linkId}`;
    expect((await deployment.call("DELETE", path)).status).toBe(204);
    expect([(await fetchEdge(url)).status, (await fetchEdge(kept.url)).status].toSorted()).toEqual([
      200, 403,
    ]);
    expect((await list()).links).toHaveLength(1);
    expect(deployment.host.revocations).toMatchObject([{ links: [linkId] }]);
    expect((await deployment.call("DELETE", path)).status, "as any id that is not listed").toBe(404);
  });

  test("takes a link that is revoked by its token out of the list", async () => {
    const { deployment, id, list } = await setUp();
    const { token } = await deployment.mintLink(id, { port: 3000 });
    await deployment.call("DELETE", `sandboxes/${id}/preview-tokens/${token}`);
    expect(await list()).toEqual({ links: [] });
  });
});

describe("GET /v1/token", () => {
  test("shows what each kind of token opens, and where previews are", async () => {
    const { deployment } = await setUp();
    const { org, workspace, orgToken, token } = deployment;
    const show = async (secret: string) => (await fetchEdge(`${API}/v1/token`, { token: secret })).json();
    const suffixes = { preview_suffix: "example.com", link_suffix: "preview.example.com" };
    const owner = { role: "owner", org, workspaces: [workspace], ...suffixes };
    expect(await show(token)).toEqual({ kind: "workspace", ...owner });
    expect(await show(orgToken)).toEqual({ kind: "org", ...owner });
    expect(await show(ADMIN_TOKEN)).toEqual({ kind: "admin", workspaces: [], ...suffixes });
    expect((await fetchEdge(`${API}/v1/token`, { token: "x" })).status).toBe(401);
  });
});

describe("GET /v1/admin/orgs and /v1/admin/hosts", () => {
  test("list what was created, until a host is removed, and need the admin's token", async () => {
    const { deployment } = await setUp();
    const list = async (path: string) =>
      JSON.stringify(await (await fetchEdge(`${API}/v1/admin/${path}`, { token: ADMIN_TOKEN })).json());
    expect(await list("orgs")).toContain(`{"id":"${deployment.org}","name":"Org"}`);
    const { host } = deployment;
    expect(await list(`hosts?cursor=${host.id.slice(0, -1)}`)).toContain(`"origin":"${host.origin}"`);
    await fetchEdge(`${API}/v1/admin/hosts/${host.id}`, { method: "DELETE", token: ADMIN_TOKEN });
    expect(await list(`hosts?cursor=${host.id.slice(0, -1)}`)).not.toContain(host.origin);
    for (const path of ["orgs", "hosts"])
      expect((await deployment.call("GET", `admin/${path}`)).status, path).toBe(401);
  });
});
