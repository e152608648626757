import type { Schema } from "@cfworker/json-schema";
import { Validator } from "@cfworker/json-schema";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { HostApiVerb } from "../../../shared/protocol/host-api.ts";
import { createApi } from "../../../worker/api/create-api.ts";
import type { Environment } from "../../../worker/environment.ts";
import { ADMIN_TOKEN, API, createGeneration, Deployment, fetchEdge, freshIsolate } from "../deployment.ts";

interface Operation {
  readonly operationId: string;
  readonly security: readonly Record<string, string[]>[];
  readonly responses: Record<string, DocumentedResponse>;
}

interface DocumentedResponse {
  readonly headers?: Record<string, object>;
  readonly content?: Record<string, { readonly schema: Schema }>;
}

interface OpenApi {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly components: { readonly schemas: Record<string, Schema> };
  readonly paths: Record<string, Record<string, Operation>>;
}

const UUID = crypto.randomUUID();
const TOKEN = `${"a2".repeat(31)}z`;

let openApi: OpenApi;

beforeAll(async () => {
  openApi = await (await fetchEdge(`${API}/openapi.json`)).json();
});

afterEach(() => {
  vi.restoreAllMocks();
});

function listOperations(): { method: string; path: string; operation: Operation }[] {
  return Object.entries(openApi.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

/** Fills a path with ids that do not exist. */
function fill(path: string): string {
  return path
    .replace("/p/{token}/{rest}", `/p/${TOKEN}/a`)
    .replaceAll(/\{(id|token)\}/g, UUID)
    .replaceAll(/\{\w+\}/g, "unknown");
}

/** The differences from the documented response. Its schema gets no additional members, so that an undocumented one shows. */
async function findDifferences(operationId: string, response: Response): Promise<unknown[]> {
  const found = listOperations().find(({ operation }) => operation.operationId === operationId);
  const documented = found?.operation.responses[response.status];
  if (documented === undefined) return [`${operationId} does not document ${response.status}`];
  const missing = Object.entries(documented.headers ?? {})
    .map(([name]) => name)
    .filter((name) => name !== "link" && name !== "retry-after" && !response.headers.has(name));
  const differences: unknown[] = missing.map((name) => `no field ${name}`);
  const type = response.headers.get("content-type")?.split(";")[0] ?? "";
  if (documented.content === undefined)
    return response.body === null ? differences : [...differences, "a body"];
  const schema = documented.content[type]?.schema;
  if (schema === undefined) return [...differences, `undocumented type ${type}`];
  const root = close({ ...schema, components: openApi.components } as Schema) as Schema;
  const { errors } = new Validator(root, "2020-12", false).validate(
    type.endsWith("json") ? await response.json() : await response.text(),
  );
  return [...differences, ...errors.map(({ instanceLocation, error }) => `${instanceLocation} ${error}`)];
}

function close(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(close);
  if (typeof value !== "object" || value === null) return value;
  const closed = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, close(part)]));
  return value && "properties" in value && "type" in value && !("additionalProperties" in value)
    ? { ...closed, additionalProperties: false }
    : closed;
}

describe("GET /openapi.json", () => {
  test("names version, server and every tag that calls use", () => {
    expect(openApi.openapi).toBe("3.1.0");
    expect(openApi.servers).toEqual([{ url: API }]);
    const tags = new Set(
      listOperations().flatMap(({ operation }) => (operation as { tags?: string[] }).tags),
    );
    expect([...tags].toSorted()).toEqual(openApi.tags.map(({ name }) => name).toSorted());
  });

  test("names operations once each", () => {
    const ids = listOperations().map(({ operation }) => operation.operationId);
    expect(ids).toEqual([...new Set(ids)]);
  });

  test("documents every route, and nothing else", () => {
    const documented = listOperations().map(({ method, path }) => `${method} ${path}`);
    const live = createApi()
      .routes.filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
    expect(documented.filter((call) => call !== "GET /v1/p/{token}/{rest}").toSorted()).toEqual(
      [...new Set(live)].toSorted(),
    );
  });

  test("every documented call has a response of its own, and 401 where it needs a credential", async () => {
    for (const { method, path, operation } of listOperations()) {
      const response = await fetchEdge(API + fill(path), { method });
      const call = `${method} ${path}`;
      if (operation.security.length > 0) expect(response.status, call).toBe(401);
      else expect(response.status, call).toBeLessThan(400);
      expect(await findDifferences(operation.operationId, response), call).toEqual([]);
    }
  });

  test("a path's other methods are refused with 405 and the methods that it has", async () => {
    for (const path of Object.keys(openApi.paths).filter((one) => !one.startsWith("/v1/p/"))) {
      const response = await fetchEdge(API + fill(path), { method: "PATCH" });
      const methods = Object.keys(openApi.paths[path] ?? {}).map((method) => method.toUpperCase());
      expect(response.status, path).toBe(405);
      expect(
        response.headers
          .get("allow")
          ?.split(", ")
          .filter((method) => method !== "HEAD"),
      ).toEqual(methods.toSorted());
    }
  });

  test("every refusal is a Problem with the codes that it may have", () => {
    for (const { operation } of listOperations()) {
      for (const [status, response] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue;
        const schema = response.content?.["application/problem+json"]?.schema;
        expect(schema?.allOf).toEqual([
          { $ref: "#/components/schemas/Problem" },
          { properties: { code: { enum: expect.arrayContaining([expect.any(String)]) } } },
        ]);
      }
    }
  });
});

describe("responses are as documented", () => {
  async function setUp() {
    const deployment = await Deployment.create({ per_second: 1000, burst: 1000 });
    const { id, generation } = await deployment.attachSandbox([3000, 8080]);
    const { token } = await deployment.mintLink(id, { port: 3000 });
    return { deployment, id, generation, link: token };
  }

  type Scene = Awaited<ReturnType<typeof setUp>>;

  const asAdmin = (method: string, path: string, body?: unknown) =>
    fetchEdge(`${API}/v1/admin/${path}`, { method, token: ADMIN_TOKEN, body });
  const asHost = ({ deployment }: Scene, verb: HostApiVerb, body: unknown) =>
    deployment.host.callApi(verb, body);

  async function enrolByToken(workspace: string, origin: string): Promise<Response> {
    const host = `host-${crypto.randomUUID().slice(0, 8)}`;
    const created = await asAdmin("POST", "enrolments", { host, workspaces: [workspace] });
    const { token } = (await created.json()) as { token: string };
    return fetchEdge(`${API}/v1/hosts/${host}`, { method: "PUT", token, body: { origin, public_key: KEY } });
  }

  const LIMIT = { per_second: 2, burst: 20 };
  const KEY = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };

  const CALLS: readonly [string, number, (scene: Scene) => Promise<Response>][] = [
    ["listSandboxes", 200, ({ deployment }) => deployment.call("GET", "sandboxes")],
    ["listSandboxes", 400, ({ deployment }) => deployment.call("GET", "sandboxes?limit=0")],
    ["getSandbox", 200, ({ deployment, id }) => deployment.call("GET", `sandboxes/${id}`)],
    ["getSandbox", 404, ({ deployment }) => deployment.call("GET", `sandboxes/${UUID}`)],
    ["listPorts", 200, ({ deployment, id }) => deployment.call("GET", `sandboxes/${id}/ports`)],
    ["listPorts", 200, ({ deployment, id }) => deployment.call("GET", `sandboxes/${id}/ports?shape=array`)],
    ["listPorts", 400, ({ deployment, id }) => deployment.call("GET", `sandboxes/${id}/ports?shape=x`)],
    [
      "putPort",
      200,
      ({ deployment, id }) => deployment.call("PUT", `sandboxes/${id}/ports/80`, { access: "off" }),
    ],
    ["putPort", 400, ({ deployment, id }) => deployment.call("PUT", `sandboxes/${id}/ports/0`, {})],
    ["putPort", 404, ({ deployment }) => deployment.call("PUT", `sandboxes/${UUID}/ports/80`, {})],
    ["resetPort", 204, ({ deployment, id }) => deployment.call("DELETE", `sandboxes/${id}/ports/80`)],
    ["getSandboxAccess", 200, ({ deployment, id }) => deployment.call("GET", `sandboxes/${id}/access`)],
    ["putSandboxAccess", 200, ({ deployment, id }) => deployment.call("PUT", `sandboxes/${id}/access`, {})],
    ["putSandboxAccess", 404, ({ deployment }) => deployment.call("PUT", "sandboxes/x/access", {})],
    ["resetSandboxAccess", 200, ({ deployment, id }) => deployment.call("DELETE", `sandboxes/${id}/access`)],
    [
      "getWorkspaceAccess",
      200,
      ({ deployment }) => deployment.call("GET", `workspaces/${deployment.workspace}/access`),
    ],
    [
      "putWorkspaceAccess",
      200,
      ({ deployment }) =>
        deployment.call("PUT", `workspaces/${deployment.workspace}/access`, { access: "private" }),
    ],
    [
      "putWorkspaceAccess",
      404,
      ({ deployment }) => deployment.call("PUT", "workspaces/x/access", { access: "off" }),
    ],
    [
      "resetWorkspaceAccess",
      200,
      ({ deployment }) => deployment.call("DELETE", `workspaces/${deployment.workspace}/access`),
    ],
    [
      "getPrivatePorts",
      200,
      ({ deployment }) => deployment.call("GET", `orgs/${deployment.org}/private-ports`),
    ],
    [
      "putPrivatePorts",
      200,
      ({ deployment }) =>
        deployment.call(
          "PUT",
          `orgs/${deployment.org}/private-ports`,
          { private_ports: [5678] },
          deployment.orgToken,
        ),
    ],
    [
      "putPrivatePorts",
      403,
      ({ deployment }) =>
        deployment.call("PUT", `orgs/${deployment.org}/private-ports`, { private_ports: [] }),
    ],
    [
      "resetPrivatePorts",
      200,
      ({ deployment }) =>
        deployment.call("DELETE", `orgs/${deployment.org}/private-ports`, undefined, deployment.orgToken),
    ],
    ["createSandbox", 400, ({ deployment }) => deployment.call("POST", "sandboxes", { template: "-" })],
    ["deleteSandbox", 204, ({ deployment }) => deployment.call("DELETE", `sandboxes/${UUID}`)],
    ["deleteSandbox", 404, ({ deployment }) => deployment.call("DELETE", "sandboxes/x")],
    ["deleteSandbox", 501, ({ deployment, id }) => deployment.call("DELETE", `sandboxes/${id}`)],
    [
      "createPreviewToken",
      200,
      ({ deployment, id }) => deployment.call("POST", `sandboxes/${id}/preview-token`, { port: 1 }),
    ],
    [
      "createPreviewToken",
      200,
      ({ deployment, id }) =>
        deployment.call("POST", `sandboxes/${id}/preview-token`, { port: 1, paths: ["/a"], ttl_seconds: 60 }),
    ],
    [
      "createPreviewToken",
      400,
      ({ deployment, id }) => deployment.call("POST", `sandboxes/${id}/preview-token`, { port: 0, a: 1 }),
    ],
    [
      "revokePreviewToken",
      204,
      ({ deployment, id, link }) => deployment.call("DELETE", `sandboxes/${id}/preview-tokens/${link}`),
    ],
    [
      "revokePreviewToken",
      404,
      ({ deployment, id }) => deployment.call("DELETE", `sandboxes/${id}/preview-tokens/x`),
    ],
    [
      "rotateSigningKey",
      200,
      ({ deployment }) => deployment.call("POST", `workspaces/${deployment.workspace}/signing-key/rotate`),
    ],
    ["rotateSigningKey", 404, ({ deployment }) => deployment.call("POST", "workspaces/x/signing-key/rotate")],
    ["getRateLimit", 200, ({ deployment }) => deployment.call("GET", `orgs/${deployment.org}/rate-limit`)],
    ["getRateLimit", 404, ({ deployment }) => deployment.call("GET", "orgs/unknown/rate-limit")],
    [
      "putRateLimit",
      200,
      ({ deployment }) =>
        deployment.call("PUT", `orgs/${deployment.org}/rate-limit`, LIMIT, deployment.orgToken),
    ],
    [
      "putRateLimit",
      400,
      ({ deployment }) =>
        deployment.call("PUT", `orgs/${deployment.org}/rate-limit`, undefined, deployment.orgToken),
    ],
    [
      "putRateLimit",
      403,
      ({ deployment }) => deployment.call("PUT", `orgs/${deployment.org}/rate-limit`, LIMIT),
    ],
    [
      "resetRateLimit",
      200,
      ({ deployment }) =>
        deployment.call("DELETE", `orgs/${deployment.org}/rate-limit`, undefined, deployment.orgToken),
    ],
    [
      "putOrg",
      200,
      ({ deployment }) =>
        asAdmin("PUT", `orgs/${deployment.org}`, { name: "Org", rate_limit: LIMIT, max_rate_limit: LIMIT }),
    ],
    ["putOrg", 400, () => asAdmin("PUT", "orgs/UPPER", { name: "Org" })],
    [
      "putWorkspace",
      200,
      ({ deployment }) => asAdmin("PUT", `workspaces/${deployment.workspace}`, { org: deployment.org }),
    ],
    [
      "createApiToken",
      201,
      ({ deployment }) => asAdmin("POST", `workspaces/${deployment.workspace}/tokens`, { name: "ci" }),
    ],
    ["listApiTokens", 200, ({ deployment }) => asAdmin("GET", `workspaces/${deployment.workspace}/tokens`)],
    ["deleteApiToken", 204, () => asAdmin("DELETE", `workspaces/ws/tokens/${UUID}`)],
    ["deleteApiToken", 400, () => asAdmin("DELETE", "workspaces/ws/tokens/x")],
    [
      "createWorkspaceToken",
      201,
      ({ deployment }) =>
        deployment.call("POST", `workspaces/${deployment.workspace}/tokens`, {
          name: "ci",
          role: "viewer",
          expires_at: "2999-01-01T00:00:00Z",
        }),
    ],
    [
      "createWorkspaceToken",
      404,
      ({ deployment }) => deployment.call("POST", "workspaces/x/tokens", { name: "a" }),
    ],
    [
      "listWorkspaceTokens",
      200,
      ({ deployment }) => deployment.call("GET", `workspaces/${deployment.workspace}/tokens`),
    ],
    [
      "deleteWorkspaceToken",
      204,
      ({ deployment }) => deployment.call("DELETE", `workspaces/${deployment.workspace}/tokens/${UUID}`),
    ],
    [
      "listAuditEntries",
      200,
      ({ deployment }) => deployment.call("GET", `workspaces/${deployment.workspace}/audit`),
    ],
    [
      "listAuditEntries",
      400,
      ({ deployment }) => deployment.call("GET", `workspaces/${deployment.workspace}/audit?limit=1001`),
    ],
    [
      "createOrgToken",
      201,
      ({ deployment }) => asAdmin("POST", `orgs/${deployment.org}/tokens`, { name: "ci" }),
    ],
    ["createOrgToken", 404, () => asAdmin("POST", "orgs/unknown/tokens", { name: "ci" })],
    ["listOrgTokens", 200, ({ deployment }) => asAdmin("GET", `orgs/${deployment.org}/tokens`)],
    ["deleteOrgToken", 204, ({ deployment }) => asAdmin("DELETE", `orgs/${deployment.org}/tokens/${UUID}`)],
    ["suspend", 200, ({ id }) => asAdmin("PUT", `suspensions/sandboxes/${id}`, { reason: "abuse" })],
    ["suspend", 404, () => asAdmin("PUT", `suspensions/sandboxes/${UUID}`, { reason: "abuse" })],
    ["suspend", 400, () => asAdmin("PUT", "suspensions/hosts/h", { reason: "abuse" })],
    ["endSuspension", 204, ({ deployment }) => asAdmin("DELETE", `suspensions/orgs/${deployment.org}`)],
    [
      "listSuspensions",
      200,
      async ({ deployment }) => {
        await asAdmin("PUT", `suspensions/orgs/${deployment.org}`, { reason: "billing" });
        return asAdmin("GET", "suspensions");
      },
    ],
    [
      "listSandboxes",
      403,
      async ({ deployment }) => {
        await asAdmin("PUT", `suspensions/orgs/${deployment.org}`, { reason: "billing" });
        return deployment.call("GET", "sandboxes", undefined, deployment.orgToken);
      },
    ],
    [
      "rotateSigningKey",
      403,
      async ({ deployment }) => {
        const viewer = await deployment.createToken({ role: "viewer" });
        const path = `workspaces/${deployment.workspace}/signing-key/rotate`;
        return deployment.call("POST", path, {}, viewer);
      },
    ],
    [
      "createEnrolment",
      201,
      ({ deployment }) => asAdmin("POST", "enrolments", { host: "new", workspaces: [deployment.workspace] }),
    ],
    ["createEnrolment", 400, () => asAdmin("POST", "enrolments", { host: "UPPER" })],
    ["enrolHost", 200, ({ deployment }) => enrolByToken(deployment.workspace, "https://h.test")],
    ["enrolHost", 400, ({ deployment }) => enrolByToken(deployment.workspace, "https://192.0.2.1")],
    ["putHost", 200, () => asAdmin("PUT", "hosts/documented", { origin: "https://h.test", public_key: KEY })],
    ["getHost", 200, ({ deployment }) => asAdmin("GET", `hosts/${deployment.host.id}`)],
    ["getHost", 404, () => asAdmin("GET", "hosts/unknown")],
    ["deleteHost", 204, () => asAdmin("DELETE", "hosts/unknown")],
    [
      "attachGuest",
      200,
      (scene) => {
        const { workspace } = scene.deployment;
        return asHost(scene, "attach", {
          sandbox_id: UUID,
          workspace,
          generation: createGeneration(),
          ports: [],
        });
      },
    ],
    [
      "reportPorts",
      200,
      (scene) =>
        asHost(scene, "ports", { sandbox_id: scene.id, generation: scene.generation, ports: [1, 2] }),
    ],
    [
      "reportPorts",
      409,
      (scene) =>
        asHost(scene, "ports", { sandbox_id: scene.id, generation: createGeneration(1e12), ports: [] }),
    ],
    [
      "detachGuest",
      200,
      (scene) => asHost(scene, "detach", { sandbox_id: scene.id, generation: scene.generation }),
    ],
    [
      "heartbeat",
      200,
      (scene) =>
        asHost(scene, "heartbeat", {
          taken_at: Date.now() + 1000,
          guests: [{ sandbox_id: UUID, generation: createGeneration() }],
        }),
    ],
  ];

  test.each(CALLS)("%s %i", async (operationId, status, call) => {
    const response = await call(await setUp());
    expect(response.status).toBe(status);
    expect(await findDifferences(operationId, response)).toEqual([]);
  });

  test("429 of a call beyond the limit", async () => {
    const deployment = await Deployment.create({ per_second: 1, burst: 10 });
    for (let count = 0; count < 10; count++) await deployment.call("GET", "sandboxes");
    const response = await deployment.call("GET", "sandboxes");
    expect(response.status).toBe(429);
    expect(await findDifferences("listSandboxes", response)).toEqual([]);
  });

  test.each([
    [500, new Error("bug")],
    [503, Object.assign(new Error("object"), { overloaded: true })],
    [503, Object.assign(new Error("object"), { retryable: true })],
    [503, new Error("KV PUT failed: 429 Too Many Requests")],
  ])("%i of an error: %s", async (status, error) => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const { deployment } = await setUp();
    const WORKSPACE = { getByName: () => ({ admitCall: () => Promise.reject(error) }) };
    const isolate = freshIsolate({ WORKSPACE: WORKSPACE as unknown as Environment["WORKSPACE"] });
    const response = await fetchEdge(`${API}/v1/sandboxes`, { token: deployment.token }, isolate);
    expect(response.status).toBe(status);
    expect(response.headers.get("retry-after")).toBe(status === 503 ? "1" : null);
    expect(await response.clone().text()).not.toContain(error.message);
    const differences = await findDifferences("listSandboxes", response);
    expect(differences).toEqual([]);
  });
});
