import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ADMIN_TOKEN, API, Deployment, environment, fetchEdge, freshIsolate } from "./deployment.ts";

const NOW_MS = 1_800_000_000_000;
const CACHE_MS = 60_000;

/** Reads as Cloudflare's KV does: what was read, and above all what was not there, is repeated for 60 s. */
function cacheReads(policy: KVNamespace): KVNamespace {
  const cached = new Map<string, { value: unknown; untilMs: number }>();
  const get = async (key: string, ...options: unknown[]): Promise<unknown> => {
    const known = cached.get(key);
    if (known !== undefined && Date.now() < known.untilMs) return known.value;
    const read = policy.get as (key: string, ...options: unknown[]) => Promise<unknown>;
    const value = await read.call(policy, key, ...options);
    cached.set(key, { value, untilMs: Date.now() + CACHE_MS });
    return value;
  };
  return new Proxy(policy, {
    get(target, property) {
      if (property === "get") return get;
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("POLICY", () => {
  test("the double repeats a miss for 60 s, and then sees the record", async () => {
    const policy = cacheReads(environment.POLICY);
    const key = crypto.randomUUID();
    expect(await policy.get(key)).toBeNull();
    await policy.put(key, "there");
    vi.setSystemTime(NOW_MS + CACHE_MS - 1);
    expect(await policy.get(key)).toBeNull();
    vi.setSystemTime(NOW_MS + CACHE_MS);
    expect(await policy.get(key)).toBe("there");
  });

  test("an attach 1 ms after a request that came too early serves the next one", async () => {
    const deployment = await Deployment.create();
    const isolate = freshIsolate({ POLICY: cacheReads(environment.POLICY) });
    const id = crypto.randomUUID();
    const url = `https://3000-${id}.example.com/`;
    expect((await fetchEdge(url, {}, isolate)).status).toBe(404);
    vi.setSystemTime(NOW_MS + 1);
    const generation = `${NOW_MS + 1}-aaaaaaaa`;
    const token = await deployment.host.sign();
    const body = { sandbox_id: id, workspace: deployment.workspace, generation, ports: [] };
    const path = `https://api.example.com/v1/hosts/${deployment.host.id}/attach`;
    expect((await fetchEdge(path, { method: "POST", token, body }, isolate)).status).toBe(200);
    deployment.host.guests.set(id, generation);
    expect((await fetchEdge(url, {}, isolate)).status).toBe(200);
  });

  test("no KV read is on the way of a request that the isolate asks its object about", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const reads = vi.fn(() => Promise.reject(new Error("KV on the way of a request")));
    const POLICY = { get: reads } as unknown as KVNamespace;
    expect((await fetchEdge(`https://3000-${id}.example.com/`, {}, freshIsolate({ POLICY }))).status).toBe(
      200,
    );
    expect(reads).not.toHaveBeenCalled();
  });

  test("a revoked API token opens nothing, though KV still returns it", async () => {
    const deployment = await Deployment.create();
    const isolate = freshIsolate({ POLICY: cacheReads(environment.POLICY) });
    const list = () => fetchEdge(`${API}/v1/sandboxes`, { token: deployment.token }, isolate);
    expect((await list()).status).toBe(200);
    const path = `${API}/v1/admin/workspaces/${deployment.workspace}/tokens`;
    const { tokens } = (await (await fetchEdge(path, { token: ADMIN_TOKEN })).json()) as {
      tokens: { id: string }[];
    };
    await fetchEdge(`${path}/${tokens[0]?.id}`, { method: "DELETE", token: ADMIN_TOKEN });
    expect((await list()).status).toBe(401);
  });
});
