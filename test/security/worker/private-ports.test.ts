import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Environment } from "../../../worker/environment.ts";
import type { RequestOptions } from "../../worker/deployment.ts";
import {
  ADMIN_TOKEN,
  API,
  countingIsolate,
  Deployment,
  environment,
  fetchEdge,
  freshIsolate,
} from "../../worker/deployment.ts";

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const HTML = { accept: "text/html", "sec-fetch-mode": "navigate" };

const REQUESTS: readonly (readonly [what: string, path: string, options: RequestOptions])[] = [
  ["a GET", "/", {}],
  ["a navigation", "/a/b?c", { headers: HTML }],
  ["a HEAD", "/", { method: "HEAD" }],
  ["a POST", "/", { method: "POST", body: "form" }],
  ["a form's navigation", "/", { method: "POST", body: "form", headers: HTML }],
  ["an OPTIONS", "/", { method: "OPTIONS" }],
  ["an upgrade", "/ws", { headers: { upgrade: "websocket", connection: "Upgrade" } }],
  ["a crawler's question", "/robots.txt", {}],
  ["a request that prefers to wait", "/", { headers: { prefer: "wait=5" } }],
  ["a waiting page's request", "/", { headers: { "preview-wait": "1" } }],
  ["a sibling's request", "/", { headers: { origin: "https://4000-ID.example.com" } }],
  [
    "a sibling's preflight",
    "/",
    {
      method: "OPTIONS",
      headers: { origin: "https://4000-ID.example.com", "access-control-request-method": "PUT" },
    },
  ],
  ["a bad token", "/", { headers: { "preview-token": "a".repeat(63) } }],
];

/** What a visitor sees of a response; the names of sandbox and request are blanked out. */
async function seen(response: Response): Promise<unknown> {
  const text = (await response.text()).replaceAll(UUID, "ID");
  return [
    response.status,
    response.statusText,
    [...response.headers].join("\n").replaceAll(UUID, "ID"),
    text,
  ];
}

function visit(id: string, path: string, options: RequestOptions, isolate: Environment): Promise<Response> {
  const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [
    name,
    value.replace("ID", id),
  ]);
  const sent = { ...options, headers: Object.fromEntries(headers) };
  return fetchEdge(`https://3000-${id}.example.com${path}`, sent, isolate);
}

function suspend(path: string): Promise<Response> {
  const options = { method: "PUT", token: ADMIN_TOKEN, body: { reason: "abuse" } };
  return fetchEdge(`${API}/v1/admin/suspensions/${path}`, options);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Sends the same requests to a private port and to a sandbox that never was, and compares each pair. */
async function compare(id: string, isolate: () => Environment): Promise<void> {
  const unknown = crypto.randomUUID();
  for (const [what, path, options] of REQUESTS) {
    const expected = await seen(await visit(unknown, path, options, isolate()));
    expect(await seen(await visit(id, path, options, isolate())), what).toEqual(expected);
  }
}

describe("a private port, byte for byte, is a sandbox that does not exist", () => {
  test.each(["private", "off"])("in fresh isolates, where its access is %s", async (access) => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox([3000], { access });
    await compare(id, freshIsolate);
  });

  test("in one isolate that has served both, and has served the sandbox's link", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox([3000], { access: "private" });
    const { url, token } = await deployment.mintLink(id, { port: 3000 });
    const isolate = freshIsolate();
    expect((await fetchEdge(`${url}/`, {}, isolate)).status).toBe(200);
    const headers = { "preview-token": token };
    expect((await visit(id, "/", { headers }, isolate)).status).toBe(200);
    await compare(id, () => isolate);
    await compare(id, () => isolate);
  });

  test("in an isolate that remembers the port as public and limited, once its memory is over", async () => {
    const deployment = await Deployment.create({ per_second: 0.01, burst: 1 });
    const { id } = await deployment.attachSandbox([3000]);
    const isolate = freshIsolate();
    for (const status of [200, 429]) expect((await visit(id, "/", {}, isolate)).status).toBe(status);
    await deployment.call("PUT", `sandboxes/${id}/ports/3000`, { access: "private" });
    vi.setSystemTime(Date.now() + 5_000);
    await compare(id, () => isolate);
  });

  test("while the sandbox's links have used up all that the sandbox may spend", async () => {
    const deployment = await Deployment.create({ per_second: 0.01, burst: 1 });
    const { id } = await deployment.attachSandbox([3000], { access: "private" });
    const isolate = freshIsolate();
    const token = deployment.orgToken;
    const codes = new Set<string | null>();
    for (let port = 1; port <= 40; port++) {
      vi.setSystemTime(Date.now() + 10);
      const sandbox = environment.SANDBOX.getByName(id);
      const link = (await sandbox.mintLink({ workspace: deployment.workspace, port, ttlS: 60 })) as {
        token: string;
      };
      const response = await fetchEdge(`https://${link.token}.preview.example.com/`, {}, isolate);
      codes.add(response.headers.get("preview-error"));
    }
    expect(token).not.toBe("");
    expect(codes).toEqual(new Set([null, "rate_limited"]));
    await compare(id, () => isolate);
  });

  test.each(["sandboxes", "workspaces", "orgs"])("while its %s are suspended", async (level) => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox([3000], { access: "private" });
    const { url } = await deployment.mintLink(id, { port: 3000 });
    const names: Record<string, string> = {
      sandboxes: id,
      workspaces: deployment.workspace,
      orgs: deployment.org,
    };
    await suspend(`${level}/${names[level]}`);
    const isolate = freshIsolate();
    await vi.waitFor(async () => {
      vi.setSystemTime(Date.now() + 5_000);
      expect((await fetchEdge(`${url}/`, {}, isolate)).headers.get("preview-error")).toBe("suspended");
    });
    await compare(id, () => isolate);
  });

  test("after so many requests that the client is paused: they count as misses alike", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox([3000], { access: "private" });
    const outcomes = [];
    for (const name of [id, crypto.randomUUID()]) {
      let left = 5;
      const isolate = freshIsolate({
        MISS_LIMIT: { limit: async () => ({ success: left-- > 0 }) } as RateLimit,
      });
      const headers = { "cf-connecting-ip": "192.0.2.7" };
      const responses = [];
      for (let count = 0; count < 8; count++)
        responses.push(await seen(await visit(name, "/", { headers }, isolate)));
      outcomes.push(responses);
    }
    expect(outcomes[0]).toEqual(outcomes[1]);
    expect(JSON.stringify(outcomes[0])).toContain("rate_limited");
  });

  test("where the host refuses what an isolate has admitted by an old answer", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox([3000]);
    const isolate = freshIsolate();
    expect((await visit(id, "/", {}, isolate)).status).toBe(200);
    const unknown = await seen(await visit(crypto.randomUUID(), "/", {}, isolate));
    const refusal = new Response("the connector's own words", {
      status: 404,
      headers: { "preview-error": "sandbox_not_found", "cloudflare-cdn-cache-control": "no-store" },
    });
    vi.spyOn(deployment.host, "respond").mockResolvedValue(refusal);
    expect(await seen(await visit(id, "/", {}, isolate))).toEqual(unknown);
  });

  test("and costs the same: one object call, and nothing is forwarded", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox([3000], { access: "private" });
    deployment.host.requests.length = 0;
    for (const name of [id, crypto.randomUUID()]) {
      const { isolate, calls } = countingIsolate();
      await visit(name, "/", {}, isolate);
      expect(calls).toEqual(["SANDBOX.getByName"]);
    }
    expect(deployment.host.requests).toEqual([]);
  });
});

describe("access that nobody has touched", () => {
  test("costs a visit nothing: the same object call, and a pass without terms", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox([3000], { loopback_ports: [3000] });
    const { isolate, calls } = countingIsolate();
    const response = await visit(id, "/", {}, isolate);
    expect(await response.json()).not.toHaveProperty("terms");
    expect(calls).toEqual(["SANDBOX.getByName"]);
  });
});
