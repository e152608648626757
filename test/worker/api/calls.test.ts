import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ADMIN_TOKEN, API, countingIsolate, Deployment, fetchEdge, problemOf } from "../deployment.ts";

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

describe("authentication", () => {
  test.each([
    ["no token", undefined],
    ["an unknown token", "Bearer pvw_unknown"],
    ["an empty token", "Bearer "],
    ["another scheme", `Basic ${btoa("admin:admin-token")}`],
    ["the admin's token, which belongs to no workspace", `Bearer ${ADMIN_TOKEN}`],
  ])("refuses a caller with %s with 401", async (_case, authorization) => {
    const headers = authorization === undefined ? {} : { authorization };
    const id = crypto.randomUUID();
    for (const [method, path] of [
      ["GET", "sandboxes"],
      ["GET", `sandboxes/${id}`],
      ["GET", `sandboxes/${id}/ports`],
      ["POST", `sandboxes/${id}/preview-token`],
      ["DELETE", `sandboxes/${id}/preview-tokens/x`],
      ["POST", "workspaces/ws/signing-key/rotate"],
    ] as const) {
      const response = await fetchEdge(`${API}/v1/${path}`, { method, headers });
      expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect(await problemOf(response)).toMatchObject({ status: 401, code: "unauthorized" });
    }
  });

  test("refuses an admin's call without the admin's token with 401, before any object call", async () => {
    const { token } = await Deployment.create();
    for (const wrong of [undefined, "wrong", token, `${ADMIN_TOKEN}x`]) {
      const { isolate, calls } = countingIsolate();
      const options = { method: "PUT", body: { name: "x" }, ...(wrong !== undefined && { token: wrong }) };
      const response = await fetchEdge(`${API}/v1/admin/orgs/org`, options, isolate);
      expect(await problemOf(response)).toMatchObject({ status: 401, code: "unauthorized" });
      expect(calls).toEqual([]);
    }
  });

  test("limits an API token's calls like a preview", async () => {
    const deployment = await Deployment.create();
    for (let count = 0; count < 10; count++)
      expect((await deployment.call("GET", "sandboxes")).status).toBe(200);
    const response = await deployment.call("GET", "sandboxes");
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("1");
    vi.setSystemTime(NOW_MS + 1000);
    expect((await deployment.call("GET", "sandboxes")).status).toBe(200);
  });

  test("stops a deleted API token", async () => {
    const deployment = await Deployment.create();
    const path = `${API}/v1/admin/workspaces/${deployment.workspace}/tokens`;
    const { tokens } = (await (await fetchEdge(path, { token: ADMIN_TOKEN })).json()) as {
      tokens: { id: string }[];
    };
    expect(JSON.stringify(tokens)).not.toContain(deployment.token);
    await fetchEdge(`${path}/${tokens[0]?.id}`, { method: "DELETE", token: ADMIN_TOKEN });
    expect((await deployment.call("GET", "sandboxes")).status).toBe(401);
  });
});

describe("POST /v1/sandboxes/{id}/preview-token", () => {
  test("returns a link to the port, for an hour", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const response = await deployment.call("POST", `sandboxes/${id.toUpperCase()}/preview-token`, {
      port: 3000,
    });
    const link = (await response.json()) as { token: string };
    expect(response.status).toBe(200);
    expect(link).toEqual({
      url: `https://${link.token}.preview.example.com`,
      token: expect.stringMatching(/^[a-z2-7]{63}$/),
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      sandbox_id: id,
      port: 3000,
      expires_at: new Date(NOW_MS + 3_600_000).toISOString().replace(".000", ""),
    });
  });

  test.each([
    [{ port: 1, ttl_seconds: 1 }, 1],
    [{ port: 65_535, ttl_seconds: WEEK_S }, WEEK_S],
  ])("accepts the bounds %j", async (body, ttlS) => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const link = (await (
      await deployment.call("POST", `sandboxes/${id}/preview-token`, body)
    ).json()) as object;
    expect(link).toMatchObject({ port: body.port });
    expect(Date.parse((link as { expires_at: string }).expires_at)).toBe(NOW_MS + ttlS * 1000);
  });

  test.each([
    ["JSON that is not", "{", undefined],
    ["no body", undefined, "/port"],
    ["a list", [], "/"],
    ["no port", {}, "/port"],
    ["port 0", { port: 0 }, "/port"],
    ["port 65536", { port: 65_536 }, "/port"],
    ["a port in text", { port: "3000" }, "/port"],
    ["a fractional port", { port: 3.5 }, "/port"],
    ["a port of null", { port: null }, "/port"],
    ["a time of 0", { port: 1, ttl_seconds: 0 }, "/ttl_seconds"],
    ["a negative time", { port: 1, ttl_seconds: -1 }, "/ttl_seconds"],
    ["more than 7 days", { port: 1, ttl_seconds: WEEK_S + 1 }, "/ttl_seconds"],
    ["a fractional time", { port: 1, ttl_seconds: 1.5 }, "/ttl_seconds"],
    ["no embedding origins", { port: 1, embed: [] }, "/embed"],
    ["six embedding origins", { port: 1, embed: Array(6).fill("https://a.example") }, "/embed"],
    [
      "an embedding origin over http",
      { port: 1, embed: ["https://a.example", "http://b.example"] },
      "/embed/1",
    ],
    ["an embedding origin with a path", { port: 1, embed: ["https://a.example/"] }, "/embed/0"],
    ["a wildcard for an embedding origin", { port: 1, embed: ["https://*.example"] }, "/embed/0"],
    [
      "a directive in an embedding origin",
      { port: 1, embed: ["https://a.example; script-src *"] },
      "/embed/0",
    ],
    ["an embedding origin that is too long", { port: 1, embed: [`https://${"a".repeat(121)}`] }, "/embed/0"],
    ["a number for embedding origins", { port: 1, embed: 1 }, "/embed"],
    ["no paths", { port: 1, paths: [] }, "/paths"],
    ["too many paths", { port: 1, paths: Array(21).fill("/a") }, "/paths"],
    ["a path without a slash", { port: 1, paths: ["/a", "b"] }, "/paths/1"],
    ["a path with a query", { port: 1, paths: ["/a?b"] }, "/paths/0"],
    ["a path that is too long", { port: 1, paths: [`/${"a".repeat(512)}`] }, "/paths/0"],
    ["a path that is too long once encoded", { port: 1, paths: [`/${"é".repeat(86)}`] }, "/paths/0"],
    ["a path with dot segments", { port: 1, paths: ["/users/.."] }, "/paths/0"],
    ["a path with dot segments and parameters", { port: 1, paths: ["/a", "/docs/..;/b"] }, "/paths/1"],
    ["a path with an encoded slash", { port: 1, paths: ["/a%2Fb"] }, "/paths/0"],
    ["a path with a backslash", { port: 1, paths: ["/a\\b"] }, "/paths/0"],
  ])("refuses %s, and names the member", async (_case, body, path) => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const problem = await problemOf(await deployment.call("POST", `sandboxes/${id}/preview-token`, body));
    expect(problem).toMatchObject({ status: 400, code: "request_invalid" });
    expect(problem.errors?.map((error) => error.path)).toEqual(path === undefined ? undefined : [path]);
  });

  test("names an unknown member", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const response = await deployment.call("POST", `sandboxes/${id}/preview-token`, { port: 1, ttl: 60 });
    expect((await problemOf(response)).detail).toContain(`"ttl"`);
  });

  test("refuses a body of more than 1 MiB", async () => {
    const deployment = await Deployment.create();
    const body = `"${"x".repeat(1024 * 1024)}"`;
    const response = await deployment.call("POST", `sandboxes/${crypto.randomUUID()}/preview-token`, body);
    expect(await problemOf(response)).toMatchObject({ status: 400, code: "request_invalid" });
  });

  test("responds alike with 404 for an unknown sandbox, another workspace's, a stopped one, and no UUID", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    const stranger = await deployment.createWorkspace(`ws-${crypto.randomUUID().slice(0, 8)}`);
    const mint = (sandbox: string, token?: string) =>
      deployment.call("POST", `sandboxes/${sandbox}/preview-token`, { port: 1 }, token).then(problemOf);
    const strangers = await mint(id, stranger);
    const unknown = await mint(crypto.randomUUID());
    const unreadable = await mint("sandbox");
    await deployment.host.detach(id, generation);
    const stopped = await mint(id);
    expect(strangers).toMatchObject({ status: 404, code: "sandbox_not_found" });
    for (const other of [unknown, unreadable, stopped]) {
      expect({ ...other, request_id: "" }).toEqual({ ...strangers, request_id: "" });
    }
  });
});

describe("sandboxes", () => {
  test("GET shows the caller's own, and ports in both shapes", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox([3000, 8080]);
    const sandbox = {
      id,
      workspace: deployment.workspace,
      status: "running",
      host: deployment.host.id,
      generation,
      ports: [3000, 8080],
      created_at: new Date(NOW_MS).toISOString().replace(".000", ""),
    };
    expect(await (await deployment.call("GET", "sandboxes")).json()).toEqual([sandbox]);
    expect(await (await deployment.call("GET", `sandboxes/${id}`)).json()).toEqual(sandbox);
    const settings = {
      access: "public",
      host_policy: "local",
      scheme: "http",
      label: "",
      capture: null,
      listening: true,
    };
    const ports = [3000, 8080].map((port) => ({ port, ...settings }));
    expect(await (await deployment.call("GET", `sandboxes/${id}/ports`)).json()).toEqual({ ports });
    expect(await (await deployment.call("GET", `sandboxes/${id}/ports?shape=array`)).json()).toEqual(ports);
  });

  test("GET shows neither another workspace's nor stopped ones", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    const stranger = await deployment.createWorkspace(`ws-${crypto.randomUUID().slice(0, 8)}`);
    expect(await (await deployment.call("GET", "sandboxes", undefined, stranger)).json()).toEqual([]);
    for (const path of [`sandboxes/${id}`, `sandboxes/${id}/ports`]) {
      const response = await deployment.call("GET", path, undefined, stranger);
      expect(await problemOf(response)).toMatchObject({ status: 404, code: "sandbox_not_found" });
    }
    await deployment.host.detach(id, generation);
    expect(await (await deployment.call("GET", "sandboxes")).json()).toEqual([]);
  });
});

describe("org rate limit", () => {
  test("GET, PUT and DELETE return the limit that applies", async () => {
    const deployment = await Deployment.create();
    const path = `orgs/${deployment.org}/rate-limit`;
    const limit = async (method: string, body?: unknown) =>
      (await deployment.call(method, path, body, deployment.orgToken)).json();
    const standard = { org: deployment.org, per_second: 1, burst: 10, page_requests: 300 };
    expect(await limit("GET")).toEqual(standard);
    const raised = { per_second: 0.5, burst: 20, page_requests: 200 };
    expect(await limit("PUT", raised)).toEqual({ org: deployment.org, ...raised });
    expect(await limit("GET")).toEqual({ org: deployment.org, ...raised });
    expect(await limit("DELETE")).toEqual(standard);
  });

  test.each([
    [{ per_second: 0, burst: 1 }, "/per_second"],
    [{ per_second: 10_001, burst: 1 }, "/per_second"],
    [{ per_second: 1, burst: 0 }, "/burst"],
    [{ per_second: 1, burst: 1.5 }, "/burst"],
    [{ per_second: 1 }, "/burst"],
  ])("PUT refuses %j", async (body, path) => {
    const deployment = await Deployment.create();
    const problem = await problemOf(
      await deployment.call("PUT", `orgs/${deployment.org}/rate-limit`, body, deployment.orgToken),
    );
    expect(problem).toMatchObject({ status: 400, errors: [{ path }] });
  });

  test("responds with 404 for another org, and for one that does not exist", async () => {
    const deployment = await Deployment.create();
    const other = await Deployment.create();
    for (const org of [other.org, "unknown"]) {
      const response = await deployment.call("GET", `orgs/${org}/rate-limit`);
      expect(await problemOf(response)).toMatchObject({ status: 404, code: "not_found" });
    }
    const asAdmin = await deployment.call("GET", `orgs/${other.org}/rate-limit`, undefined, ADMIN_TOKEN);
    expect(asAdmin.status).toBe(200);
  });
});

describe("admin", () => {
  test("gives a workspace to one org only", async () => {
    const first = await Deployment.create();
    const second = await Deployment.create();
    const options = { method: "PUT", token: ADMIN_TOKEN, body: { org: second.org } };
    const response = await fetchEdge(`${API}/v1/admin/workspaces/${first.workspace}`, options);
    expect(await problemOf(response)).toMatchObject({ status: 409, code: "conflict" });
  });

  test.each([
    ["PUT", "orgs/UPPER", { name: "x" }, 400],
    ["PUT", "workspaces/ws-new", { org: "unknown" }, 404],
    ["POST", "workspaces/unknown/tokens", { name: "x" }, 404],
    ["PUT", "hosts/h", { origin: "ftp://h", public_key: {} }, 400],
    ["PUT", "hosts/h", { origin: "https://h", public_key: { kty: "OKP", crv: "Ed25519", x: "AA" } }, 400],
    ["GET", "nothing", undefined, 404],
  ])("%s %s with %j: %i", async (method, path, body, status) => {
    expect((await fetchEdge(`${API}/v1/admin/${path}`, { method, token: ADMIN_TOKEN, body })).status).toBe(
      status,
    );
  });
});

describe("without a token", () => {
  const token = `${"a2".repeat(31)}z`;

  test.each(["GET", "POST"])(
    "%s /v1/p/{token}/{rest} redirects to the hostname form with 307",
    async (method) => {
      const response = await fetchEdge(`${API}/v1/p/${token}/a/b?c=d`, { method });
      expect(response.status).toBe(307);
      expect(response.headers.get("location")).toBe(`https://${token}.preview.example.com/a/b?c=d`);
    },
  );

  test("GET /v1/p/{token} refuses a damaged token", async () => {
    expect(await problemOf(await fetchEdge(`${API}/v1/p/short/a`))).toMatchObject({
      status: 403,
      code: "link_invalid",
    });
  });

  test("GET /.well-known/jwks.json shows the public key and nothing more", async () => {
    const response = await fetchEdge(`${API}/.well-known/jwks.json`);
    const { keys } = (await response.json()) as { keys: Record<string, string>[] };
    expect(response.headers.get("cache-control")).toBe("public, max-age=300");
    expect(keys.map((key) => Object.keys(key).toSorted())).toEqual([
      ["alg", "crv", "kid", "kty", "use", "x"],
    ]);
  });

  test.each(["/", "/v1", "/v1/nothing", "/.well-known/x"])("GET %s: 404 problem+json", async (path) => {
    expect(await problemOf(await fetchEdge(API + path))).toMatchObject({ status: 404, code: "not_found" });
  });
});
