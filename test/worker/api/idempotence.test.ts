import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { HostApiVerb } from "../../../shared/protocol/host-api.ts";
import type { LaunchBody } from "../../../shared/protocol/host-calls.ts";
import {
  ADMIN_TOKEN,
  API,
  connect,
  Deployment,
  environment,
  FakeHost,
  fetchEdge,
  problemOf,
} from "../deployment.ts";

const NOW_MS = 1_800_000_000_000;
const PUBLIC_KEY = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };

const UUID = crypto.randomUUID();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** The only host with a launcher. It attaches the sandboxes that it starts. */
class LaunchingHost extends FakeHost {
  override async respond(request: Request): Promise<Response> {
    const [, collection, id = ""] = new URL(request.url).pathname.split("/");
    if (collection !== "sandboxes") return super.respond(request);
    if (request.method === "DELETE") {
      const generation = this.guests.get(id);
      if (generation !== undefined) await this.detach(id, generation);
      return Response.json({});
    }
    const launch = (await request.json()) as LaunchBody;
    return this.attach(launch.workspace, launch.sandbox_id, `${Date.now()}-aaaaaaaa`);
  }
}

async function addLauncher(deployment: Deployment): Promise<LaunchingHost> {
  const host = new LaunchingHost();
  await host.enrol();
  const record = await environment.HOST.getByName(host.id).read();
  await environment.HOST.getByName(host.id).enrol({
    ...(record as never as object),
    launches: true,
  } as never);
  const { keys } = await environment.POLICY.list({ prefix: "launcher-host:" });
  await Promise.all(keys.map(({ name }) => environment.POLICY.delete(name)));
  await environment.POLICY.put(`launcher-host:${host.id}`, "");
  connect(deployment.host, host);
  return host;
}

function asAdmin(method: string, path: string, body?: unknown): Promise<Response> {
  return fetchEdge(`${API}/v1/admin/${path}`, { method, token: ADMIN_TOKEN, body });
}

type Call = (deployment: Deployment) => Promise<Response>;

/** Makes the call three times, 61 s apart. */
async function repeat(deployment: Deployment, call: Call): Promise<{ status: number; body: string }[]> {
  const responses: { status: number; body: string }[] = [];
  for (let count = 0; count < 3; count++) {
    const response = await call(deployment);
    responses.push({ status: response.status, body: await response.text() });
    vi.setSystemTime(Date.now() + 61_000);
  }
  return responses;
}

describe("repeating a call gives the same response", () => {
  const id = crypto.randomUUID();
  const limit = { per_second: 3, burst: 30 };

  test.each<[string, number, Call]>([
    ["PUT an org", 200, ({ org }) => asAdmin("PUT", `orgs/${org}`, { name: "Org", max_rate_limit: limit })],
    [
      "PUT an org and its limit",
      200,
      ({ org }) => asAdmin("PUT", `orgs/${org}`, { name: "Org", rate_limit: limit }),
    ],
    ["PUT a workspace", 200, ({ org, workspace }) => asAdmin("PUT", `workspaces/${workspace}`, { org })],
    [
      "PUT a host",
      200,
      () => asAdmin("PUT", "hosts/twice", { origin: "https://twice.test", public_key: PUBLIC_KEY }),
    ],
    [
      "PUT a rate limit",
      200,
      (deployment) => deployment.call("PUT", `orgs/${deployment.org}/rate-limit`, limit, deployment.orgToken),
    ],
    [
      "DELETE a rate limit",
      200,
      (deployment) =>
        deployment.call("DELETE", `orgs/${deployment.org}/rate-limit`, undefined, deployment.orgToken),
    ],
    ["DELETE a host", 204, ({ host }) => asAdmin("DELETE", `hosts/${host.id}`)],
    ["DELETE a host that never existed", 204, () => asAdmin("DELETE", "hosts/unknown")],
    ["DELETE an API token that never existed", 204, () => asAdmin("DELETE", `workspaces/ws/tokens/${id}`)],
    [
      "DELETE a sandbox that never existed",
      204,
      (deployment) => deployment.call("DELETE", `sandboxes/${id}`),
    ],
    [
      "PUT another org's workspace",
      404,
      ({ workspace }) => asAdmin("PUT", `workspaces/${workspace}`, { org: "no" }),
    ],
  ])("%s: %i", async (_title, status, call) => {
    const deployment = await Deployment.create();
    const [first, ...others] = await repeat(deployment, call);
    expect(first?.status).toBe(status);
    const withoutId = (response: unknown) => JSON.stringify(response).replaceAll(/request_id[^,]*,?/g, "");
    for (const other of others) expect(withoutId(other)).toBe(withoutId(first));
  });

  test("DELETE a link: 204", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const { token } = await deployment.mintLink(id, { port: 80, ttl_seconds: 90 });
    const responses = await repeat(deployment, () =>
      deployment.call("DELETE", `sandboxes/${id}/preview-tokens/${token}`),
    );
    expect(responses, "the last time it has expired").toEqual(Array(3).fill({ status: 204, body: "" }));
  });

  test("POST a sandbox with an idempotency-key: one sandbox, of its own in each workspace", async () => {
    const deployment = await Deployment.create();
    const host = await addLauncher(deployment);
    const other = await deployment.createWorkspace(`other-${UUID.slice(0, 8)}`);
    const create = (token: string, key: string): Promise<Response> => {
      const headers = { "idempotency-key": key };
      const body = { template: "vite-react" };
      return fetchEdge(`${API}/v1/sandboxes`, { method: "POST", token, headers, body });
    };
    const ids: unknown[] = [];
    for (const [token, key] of [
      [deployment.token, "first"],
      [deployment.token, "first"],
      [deployment.token, "second"],
      [other, "first"],
    ] as const) {
      const response = await create(token, key);
      expect(response.status).toBe(201);
      ids.push(((await response.json()) as { id: string }).id);
    }
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(3);
    expect(host.guests.size).toBe(3);
    for (const key of ["x".repeat(256), "two words"])
      expect(await problemOf(await create(deployment.token, key))).toMatchObject({ code: "request_invalid" });
  });

  test("DELETE a sandbox that was started by a call: 204", async () => {
    const deployment = await Deployment.create();
    const host = await addLauncher(deployment);
    const created = await deployment.call("POST", "sandboxes", { template: "vite-react" });
    const sandbox = (await created.json()) as { id: string };
    expect(created.status).toBe(201);
    expect(sandbox).toMatchObject({ template: "vite-react", host: host.id, status: "running" });
    const responses = await repeat(deployment, () =>
      deployment.call("DELETE", `sandboxes/${sandbox.id.toUpperCase()}`),
    );
    expect(responses).toEqual(Array(3).fill({ status: 204, body: "" }));
    expect((await deployment.call("GET", `sandboxes/${sandbox.id}`)).status).toBe(404);
  });
});

describe("PUT /v1/admin/hosts/{host}", () => {
  const enrol = async (change: object) => {
    const body = { origin: "https://dated.test", public_key: PUBLIC_KEY, ...change };
    const host = (await (await asAdmin("PUT", "hosts/dated", body)).json()) as { enrolled_at: string };
    return Date.parse(host.enrolled_at);
  };

  test("keeps the date until something changes", async () => {
    expect(await enrol({})).toBe(NOW_MS);
    vi.setSystemTime(NOW_MS + 1000);
    expect(await enrol({}), "the same").toBe(NOW_MS);
    expect(await enrol({ origin: "https://dated.test/path", launches: false }), "the same in effect").toBe(
      NOW_MS,
    );
    expect(await enrol({ launches: true }), "another").toBe(NOW_MS + 1000);
  });

  test("is dated anew after the host was removed", async () => {
    await enrol({});
    await asAdmin("DELETE", "hosts/dated");
    vi.setSystemTime(NOW_MS + 2000);
    expect(await enrol({})).toBe(NOW_MS + 2000);
  });
});

describe("UUIDs are accepted in any case and returned in lower case", () => {
  test("in a host's calls", async () => {
    const { host, workspace } = await Deployment.create();
    const id = crypto.randomUUID();
    const generation = `${NOW_MS}-aaaaaaaa`;
    const upper = { sandbox_id: id.toUpperCase(), generation };
    const call = async (verb: HostApiVerb, body: object) => (await host.callApi(verb, body)).json();
    expect(await call("attach", { ...upper, workspace, ports: [] })).toEqual({ sandbox_id: id, generation });
    expect(await call("ports", { ...upper, ports: [1] })).toEqual({ sandbox_id: id, ports: [1] });
    const heartbeat = { taken_at: NOW_MS + 1, guests: [upper] };
    expect(await call("heartbeat", heartbeat)).toMatchObject({ forgotten: [], missing: [] });
    expect(await call("detach", upper)).toEqual({ sandbox_id: id, generation });
  });

  test("in a caller's paths, and as a cursor", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox([80]);
    const upper = id.toUpperCase();
    expect(await (await deployment.call("GET", `sandboxes/${upper}`)).json()).toMatchObject({ id });
    expect(await (await deployment.call("GET", `sandboxes/${upper}/ports`)).json()).toMatchObject({
      ports: [{ port: 80 }],
    });
    const minted = await deployment.call("POST", `sandboxes/${upper}/preview-token`, { port: 80 });
    const link = (await minted.json()) as { sandbox_id: string; token: string };
    expect(link.sandbox_id).toBe(id);
    const path = `sandboxes/${upper}/preview-tokens/${link.token.toUpperCase()}`;
    expect((await deployment.call("DELETE", path)).status).toBe(204);
    expect(await (await deployment.call("GET", `sandboxes?cursor=${upper}`)).json()).toEqual([]);
  });

  test("in the admin's path of an API token", async () => {
    const deployment = await Deployment.create();
    const path = `workspaces/${deployment.workspace}/tokens`;
    const { tokens } = (await (await asAdmin("GET", path)).json()) as { tokens: { id: string }[] };
    await asAdmin("DELETE", `${path}/${tokens[0]?.id.toUpperCase()}`);
    expect((await deployment.call("GET", "sandboxes")).status).toBe(401);
  });
});

describe("a wrong request names each wrong part", () => {
  test.each<[string, Call, readonly string[]]>([
    [
      "unknown members, nested ones, too",
      () =>
        asAdmin("PUT", "hosts/h", {
          origin: "https://h",
          public_key: { ...PUBLIC_KEY, d: "secret" },
          "a/b~c": 1,
        }),
      ["/public_key/d", "/a~1b~0c"],
    ],
    ["an unknown parameter", ({ call }) => call("GET", "sandboxes?limt=5"), ["?limt"]],
    ["a parameter where there is none", ({ call }) => call("GET", `sandboxes/${UUID}?a=b`), ["?a"]],
    [
      "a parameter out of range",
      ({ call }) => call("GET", "sandboxes?limit=501&cursor=x"),
      ["?limit", "?cursor"],
    ],
    ["a name in the path", () => asAdmin("PUT", "orgs/UPPER", { name: "x" }), ["{org}"]],
    ["an id in the path", () => asAdmin("DELETE", "workspaces/ws/tokens/x"), ["{token}"]],
    ["both members", () => asAdmin("PUT", "orgs/o", { name: "", rate_limit: 1 }), ["/name", "/rate_limit"]],
  ])("%s", async (_title, call, paths) => {
    const deployment = await Deployment.create();
    const problem = await problemOf(
      await call({ ...deployment, call: deployment.call.bind(deployment) } as never),
    );
    expect(problem).toMatchObject({ status: 400, code: "request_invalid" });
    expect(problem.errors?.map(({ path }) => path)).toEqual(paths);
    for (const path of paths) expect(problem.detail).toContain(path);
  });

  test("and no more than 20 of them, with names cut short", async () => {
    const { host } = await Deployment.create();
    const body = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`${index}${"x".repeat(500)}`, 1]),
    );
    const problem = await problemOf(await host.callApi("detach", body));
    expect(problem.errors).toHaveLength(20);
    expect(JSON.stringify(problem).length).toBeLessThan(20_000);
  });

  test("a body that looks like a refusal is a body", async () => {
    const { host } = await Deployment.create();
    const problem = await problemOf(await host.callApi("detach", { kind: "refusal", code: "internal" }));
    expect(problem).toMatchObject({ status: 400, code: "request_invalid" });
  });
});

test("a sandbox that the edge started shows its template, also later", async () => {
  const deployment = await Deployment.create();
  await addLauncher(deployment);
  const created = (await (await deployment.call("POST", "sandboxes", { template: "vite-react" })).json()) as {
    id: string;
  };
  expect(created).toMatchObject({ template: "vite-react", status: "running" });
  expect(await (await deployment.call("GET", `sandboxes/${created.id}`)).json()).toEqual(created);
  expect(await (await deployment.call("GET", "sandboxes")).json()).toContainEqual(created);
});
