import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { SandboxState } from "../../../worker/objects/sandbox/sandbox-state.ts";
import {
  ADMIN_TOKEN,
  API,
  Deployment,
  environment,
  fetchEdge,
  freshIsolate,
  problemOf,
} from "../../worker/deployment.ts";

const NOW_MS = 1_800_000_000_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** How many of 30 requests in one instant are admitted, each from an isolate of its own. */
async function countAdmitted(id: string): Promise<number> {
  let admitted = 0;
  for (let count = 0; count < 30; count++)
    if ((await fetchEdge(`https://3000-${id}.example.com/`, {}, freshIsolate())).status !== 429) admitted++;
  return admitted;
}

/** Limits that a former version may have stored, and how many requests in one instant they admit at most. */
const STORED: [limit: { perSecond: number; burst: number }, admitted: number][] = [
  [{ perSecond: 1e-310, burst: 10 }, 10],
  [{ perSecond: Number.MIN_VALUE, burst: 3 }, 3],
  [{ perSecond: 1e-9, burst: 1e-9 }, 1],
  [{ perSecond: 1, burst: 1e-310 }, 1],
];

describe("3.1 a limit that no bucket can keep", () => {
  test.each(STORED)("%j in KV does not switch the limit off", async (limit, most) => {
    const deployment = await Deployment.create();
    await environment.POLICY.put(`org-limit:${deployment.org}`, JSON.stringify(limit));
    const { id } = await deployment.attachSandbox();
    expect(await countAdmitted(id)).toBe(most);
    const shown = await deployment.call("GET", `orgs/${deployment.org}/rate-limit`);
    const { per_second: rate, burst } = (await shown.json()) as { per_second: number; burst: number };
    expect(rate, "as it is shown").toBeGreaterThanOrEqual(0.01);
    expect(burst, "as it is shown").toBe(most);
  });

  test.each([
    ...STORED,
    [{ perSecond: Number.NaN, burst: 10 }, 10],
    [{ perSecond: 1, burst: Number.NaN }, 1],
  ] as typeof STORED)("%j in an object's storage does not switch the limit off", async (limit, most) => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    const known = { limit, changedAtMs: NOW_MS };
    const stub = environment.SANDBOX.getByName(id);
    await runInDurableObject(stub, async (_sandbox, { storage: { kv } }) =>
      kv.put("state", { ...kv.get<SandboxState>("state"), limit: known }),
    );
    await evictDurableObject(stub);
    expect(await countAdmitted(id)).toBe(most);
  });

  test("sent by a workspace of a former version does not switch the limit off", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    await environment.SANDBOX.getByName(id).applyWorkspaceState({
      workspace: deployment.workspace,
      keys: { revision: 0, previous: [] },
      limit: { limit: { perSecond: 1e-310, burst: 4 }, changedAtMs: NOW_MS },
    });
    expect(await countAdmitted(id)).toBe(4);
  });

  test.each([
    [{ per_second: 1e-310, burst: 10 }, "/per_second must be a number from 0.01 to 10000"],
    [{ per_second: 0.0099, burst: 10 }, "/per_second must be a number from 0.01 to 10000"],
    [{ per_second: 10_000.1, burst: 10 }, "/per_second must be a number from 0.01 to 10000"],
    [{ per_second: -1, burst: 10 }, "/per_second must be a number from 0.01 to 10000"],
    [{ per_second: null, burst: 10 }, "/per_second must be a number from 0.01 to 10000"],
    [{ per_second: 1, burst: 0 }, "/burst must be a whole number from 1 to 100000"],
    [{ per_second: 1, burst: 1.5 }, "/burst must be a whole number from 1 to 100000"],
    [{ per_second: 1, burst: 100_001 }, "/burst must be a whole number from 1 to 100000"],
  ])("%j is refused with the bounds, also to the admin", async (limit, detail) => {
    const deployment = await Deployment.create();
    for (const token of [deployment.orgToken, ADMIN_TOKEN]) {
      const response = await deployment.call("PUT", `orgs/${deployment.org}/rate-limit`, limit, token);
      expect(await problemOf(response)).toMatchObject({ status: 400, code: "request_invalid", detail });
    }
  });

  test("1e999, which JSON reads as Infinity, is refused with the bounds", async () => {
    const deployment = await Deployment.create();
    const text = '{"per_second":1e999,"burst":10}';
    const response = await deployment.call("PUT", `orgs/${deployment.org}/rate-limit`, text, ADMIN_TOKEN);
    expect(await problemOf(response)).toMatchObject({ status: 400, detail: expect.stringContaining("0.01") });
  });
});

describe("3.1 the ceiling of the deployment", () => {
  const put = (deployment: Deployment, per_second: number, burst: number, token = deployment.orgToken) =>
    deployment.call("PUT", `orgs/${deployment.org}/rate-limit`, { per_second, burst }, token);
  const setCeiling = (deployment: Deployment, max_rate_limit: object | null) => {
    const options = { method: "PUT", token: ADMIN_TOKEN, body: { name: "Org", max_rate_limit } };
    return fetchEdge(`${API}/v1/admin/orgs/${deployment.org}`, options);
  };

  test("binds an org's token, unless the org has its own", async () => {
    const deployment = await Deployment.create();
    expect((await put(deployment, 100, 1000)).status).toBe(200);
    for (const [rate, burst] of [
      [101, 1000],
      [100, 1001],
    ] as const) {
      const problem = await problemOf(await put(deployment, rate, burst));
      expect(problem).toMatchObject({
        status: 403,
        detail: expect.stringContaining("100 a second and 1000"),
      });
    }
    await setCeiling(deployment, { per_second: 500, burst: 5000 });
    expect((await put(deployment, 500, 5000)).status).toBe(200);
    await setCeiling(deployment, null);
    expect((await put(deployment, 500, 5000)).status).toBe(403);
  });

  test("is the setting MAX_RATE_LIMIT", async () => {
    const deployment = await Deployment.create();
    const isolate = freshIsolate({ MAX_RATE_LIMIT: "7,70" });
    const change = (burst: number) => {
      const options = { method: "PUT", token: deployment.orgToken, body: { per_second: 7, burst } };
      return fetchEdge(`${API}/v1/orgs/${deployment.org}/rate-limit`, options, isolate);
    };
    expect((await change(70)).status).toBe(200);
    expect((await change(71)).status).toBe(403);
  });

  test("does not bind the admin", async () => {
    const deployment = await Deployment.create();
    expect((await put(deployment, 10_000, 100_000, ADMIN_TOKEN)).status).toBe(200);
  });
});
