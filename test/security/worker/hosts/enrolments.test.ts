import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { checkOrigin } from "../../../../worker/hosts/check-origin.ts";
import { createTokenSecret } from "../../../../worker/policy/token-secret.ts";
import {
  ADMIN_TOKEN,
  API,
  countingIsolate,
  createGeneration,
  Deployment,
  environment,
  FakeHost,
  fetchEdge,
  freshIsolate,
  problemOf,
} from "../../../worker/deployment.ts";

const NOW_MS = 1_800_000_000_000;
const KEY = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
const OTHER_KEY = { ...KEY, x: "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw" };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const newId = () => `host-${crypto.randomUUID().slice(0, 8)}`;
const asAdmin = (method: string, path: string, body?: unknown) =>
  fetchEdge(`${API}/v1/admin/${path}`, { method, token: ADMIN_TOKEN, body });

async function offer(host: string, members: object = {}): Promise<string> {
  const response = await asAdmin("POST", "enrolments", { host, ...members });
  expect(response.status).toBe(201);
  return ((await response.json()) as { token: string }).token;
}

function enrol(host: string, token: string, change: object = {}, isolate = environment): Promise<Response> {
  const body = { origin: "https://h.test", public_key: KEY, ...change };
  const options = { method: "PUT", token, body, headers: { "cf-connecting-ip": "192.0.2.1" } };
  return fetchEdge(`${API}/v1/hosts/${host}`, options, isolate);
}

const readHost = (id: string) => environment.HOST.getByName(id).read();

describe("3.5 an enrolment token", () => {
  test("enrols its host once, with the workspaces that the admin has chosen", async () => {
    const id = newId();
    const created = await asAdmin("POST", "enrolments", {
      host: id,
      workspaces: ["acme"],
      expires_in_s: 600,
    });
    const { token, ...rest } = (await created.json()) as { token: string };
    expect(rest).toEqual({ host: id, workspaces: ["acme"], expires_at: "2027-01-15T08:10:00Z" });
    const enrolled = await enrol(id, token, { launches: true });
    expect(enrolled.status).toBe(200);
    expect(await enrolled.json()).toEqual({
      id,
      origin: "https://h.test",
      workspaces: ["acme"],
      enrolled_at: "2027-01-15T08:00:00Z",
    });
    expect(await readHost(id)).toMatchObject({ launches: true, workspaces: ["acme"] });
    expect(await problemOf(await enrol(id, token))).toMatchObject({ status: 401, code: "unauthorized" });
  });

  test("is used up exactly once, however many calls come at the same time", async () => {
    const id = newId();
    const token = await offer(id);
    const calls = Array.from({ length: 20 }, (_, index) =>
      enrol(id, token, { replace: true, origin: `https://h${index}.test` }, freshIsolate()),
    );
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  });

  test("lets the host's own key sign its calls from then on", async () => {
    const deployment = await Deployment.create();
    const host = new FakeHost();
    await host.enrol(await offer(host.id, { workspaces: [deployment.workspace] }));
    const attached = await host.attach(deployment.workspace, crypto.randomUUID(), createGeneration());
    expect(attached.status).toBe(200);
    const foreign = await host.attach("another", crypto.randomUUID(), createGeneration());
    expect(foreign.status).toBe(403);
  });

  test("is for its own host, and opens nothing else", async () => {
    const id = newId();
    const token = await offer(id);
    expect((await enrol(newId(), token)).status).toBe(401);
    for (const path of ["sandboxes", "admin/suspensions", `admin/hosts/${id}`])
      expect((await fetchEdge(`${API}/v1/${path}`, { token })).status).toBeGreaterThanOrEqual(401);
    for (const other of [ADMIN_TOKEN, createTokenSecret("workspace"), createTokenSecret("enrolment")])
      expect((await enrol(id, other)).status).toBe(401);
    expect(await readHost(id)).toBeUndefined();
    expect((await enrol(id, token)).status).toBe(200);
  });

  test("expires, and nothing is kept of it", async () => {
    const id = newId();
    const token = await offer(id, { expires_in_s: 60 });
    vi.setSystemTime(NOW_MS + 60_000);
    expect((await enrol(id, token)).status).toBe(401);
    const stub = environment.HOST.getByName(id);
    await runDurableObjectAlarm(stub);
    const kept = await runInDurableObject(stub, (_object, { storage }) => storage.kv.get("enrolment"));
    expect(kept).toBeUndefined();
  });

  test("is overtaken by the next one for the same host", async () => {
    const id = newId();
    const former = await offer(id);
    const token = await offer(id);
    expect((await enrol(id, former)).status).toBe(401);
    expect((await enrol(id, token)).status).toBe(200);
  });

  test("is stored as its SHA-256 only, and is in no log line", async () => {
    const lines: unknown[] = [];
    vi.spyOn(console, "log").mockImplementation((line) => void lines.push(line));
    const id = newId();
    const token = await offer(id);
    await enrol(id, token);
    await enrol(id, token);
    const stored = await runInDurableObject(environment.HOST.getByName(id), (_object, { storage }) =>
      JSON.stringify([...storage.kv.list()]),
    );
    for (const text of [stored, JSON.stringify(lines)]) expect(text).not.toContain(token.slice(4));
  });

  test("that was made up costs no object call without a checksum, and counts as a miss with one", async () => {
    const { isolate, calls } = countingIsolate();
    let misses = 0;
    const MISS_LIMIT = { limit: async () => ({ success: ++misses <= 2 }) } as RateLimit;
    const limited = { ...isolate, MISS_LIMIT };
    expect((await enrol("h", "pve_made-up", {}, limited)).status).toBe(401);
    expect(calls).toEqual([]);
    for (let count = 0; count < 3; count++)
      expect((await enrol("h", createTokenSecret("enrolment"), {}, limited)).status).toBe(401);
    calls.length = 0;
    expect((await enrol("h", createTokenSecret("enrolment"), {}, limited)).status).toBe(429);
    expect(calls).toEqual([]);
  });

  test.each([{ expires_in_s: 59 }, { expires_in_s: 604_801 }, { workspaces: [] }, { host: "UPPER" }])(
    "is not created with %j",
    async (change) => {
      expect((await asAdmin("POST", "enrolments", { host: "h", ...change })).status).toBe(400);
    },
  );
});

describe("3.5 a host that is enrolled already", () => {
  test("is not replaced by another key, unless that is asked for; the token can be tried again", async () => {
    const id = newId();
    await enrol(id, await offer(id));
    const token = await offer(id);
    const refused = await enrol(id, token, { public_key: OTHER_KEY });
    expect(await problemOf(refused)).toMatchObject({ status: 409, code: "conflict" });
    expect((await readHost(id))?.publicKey.x).toBe(KEY.x);
    expect((await enrol(id, token, { public_key: OTHER_KEY, replace: true })).status).toBe(200);
    expect((await readHost(id))?.publicKey.x).toBe(OTHER_KEY.x);
  });

  test("may enrol again with its own key, and keeps its workspaces", async () => {
    const id = newId();
    await enrol(id, await offer(id, { workspaces: ["acme"] }));
    const again = await enrol(id, await offer(id), { origin: "https://moved.test" });
    expect(await again.json()).toMatchObject({ origin: "https://moved.test", workspaces: ["acme"] });
  });
});

const REFUSED_ORIGINS = [
  "http://h.test",
  "https://192.0.2.1",
  "https://127.0.0.1",
  "https://2130706433",
  "https://0x7f.1",
  "https://0177.0.0.1:8443",
  "https://169.254.169.254",
  "https://[::1]",
  "https://[::ffff:7f00:1]",
  "https://[2001:db8::1]:8443",
  "https://localhost",
  "https://a.localhost",
  "https://api.example.com",
  "https://API.example.com.",
  "https://api.example.com:8443",
  "https://example.com",
  "https://3000-x.example.com",
  "https://x.preview.example.com",
];

describe("3.5 an origin", () => {
  test.each(REFUSED_ORIGINS)(
    "%s is refused, by token and by the admin, and uses no token up",
    async (origin) => {
      const id = newId();
      const token = await offer(id);
      const byAdmin = asAdmin("PUT", `hosts/${id}`, { origin, public_key: KEY });
      for (const response of [await enrol(id, token, { origin }), await byAdmin])
        expect(await problemOf(response)).toMatchObject({ status: 400, errors: [{ path: "/origin" }] });
      expect((await enrol(id, token)).status).toBe(200);
    },
  );

  test.each([
    ["https://host-1.hosts.example.net:8443", undefined],
    ["https://notexample.com", undefined],
    ["https://example.com.evil.test", undefined],
    ["http://127.0.0.1:9000", undefined],
    ["http://localhost:9000", undefined],
    ["http://[::1]:9000", undefined],
    ["http://127.0.0.1:8787", "must not be the API's own address"],
    ["http://192.0.2.1", "must be https"],
    ["http://h.test", "must be https"],
    ["https://192.0.2.1", "must have a DNS name, not an address"],
    ["https://a.localhost", "must have a DNS name, not an address"],
  ])("%s, where plain http is allowed: %s", (origin, problem) => {
    const settings = {
      domains: { previewDomain: "example.com", linkDomain: "preview.example.com" },
      apiHostnames: new Set(["api.example.com", "localhost", "127.0.0.1"]),
      allowHttp: true,
    };
    expect(checkOrigin(origin, "http://127.0.0.1:8787", settings)).toBe(problem);
  });
});

describe("3.5 a host that redirects a call of the edge", () => {
  test.each([301, 302, 303, 307, 308])(
    "with %i is not followed, and the call counts as failed",
    async (status) => {
      const deployment = await Deployment.create();
      const { id } = await deployment.attachSandbox();
      const { token } = await deployment.mintLink(id, { port: 80 });
      const fetched: string[] = [];
      const logged = vi.spyOn(console, "error").mockImplementation(() => {});
      vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
        const request = new Request(input as Request, init as RequestInit);
        fetched.push(`${request.redirect} ${request.url}`);
        return new Response(null, { status, headers: { location: "http://169.254.169.254/" } }) as never;
      });
      const path = `sandboxes/${id}/preview-tokens/${token}`;
      expect((await deployment.call("DELETE", path)).status).toBe(204);
      expect(fetched).toEqual([`manual ${deployment.host.origin}/revocations`]);
      expect(logged).toHaveBeenCalledWith(expect.objectContaining({ event: "revocation_not_delivered" }));
    },
  );
});
