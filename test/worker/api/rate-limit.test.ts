import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Sandbox } from "../../../worker/objects/sandbox.ts";
import { Workspace } from "../../../worker/objects/workspace.ts";
import {
  ADMIN_TOKEN,
  API,
  createGeneration,
  Deployment,
  environment,
  fetchEdge,
  freshIsolate,
  problemOf,
} from "../deployment.ts";

const NOW_MS = 1_800_000_000_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** How many of many requests at once are admitted. */
async function countAdmitted(id: string): Promise<number> {
  const url = `https://80-${id}.example.com/`;
  const responses = await Promise.all(Array.from({ length: 12 }, () => fetchEdge(url, {}, freshIsolate())));
  return responses.filter(({ status }) => status === 200).length;
}

function fieldsOf(response: Response): (string | null)[] {
  return [response.headers.get("ratelimit-policy"), response.headers.get("ratelimit")];
}

describe("RateLimit fields", () => {
  test.each([
    ["a success", "GET", "sandboxes", undefined, 200],
    ["a response without a body", "DELETE", `sandboxes/${crypto.randomUUID()}`, undefined, 204],
    ["an invalid body", "POST", "sandboxes", { x: 1 }, 400],
    ["an unknown sandbox", "GET", `sandboxes/${crypto.randomUUID()}`, undefined, 404],
    ["a call about its org", "GET", "orgs/{org}/rate-limit", undefined, 200],
    ["a call about another org", "GET", "orgs/other/rate-limit", undefined, 404],
  ])("are on %s", async (_title, method, path, body, status) => {
    const deployment = await Deployment.create();
    const response = await deployment.call(method, path.replace("{org}", deployment.org), body);
    expect(response.status).toBe(status);
    const [policy, limit] = fieldsOf(response);
    expect(policy).toBe('"default";q=10;w=10');
    expect(limit).toMatch(/^"default";r=9;t=\d+$/);
  });

  test("count down to the refusal, which has retry-after", async () => {
    const deployment = await Deployment.create({ per_second: 2, burst: 12 });
    for (let count = 0; count < 9; count++) await deployment.call("GET", "sandboxes");
    const remaining: (string | undefined)[] = [];
    for (let count = 0; count < 3; count++) {
      const [, limit] = fieldsOf(await deployment.call("GET", "sandboxes"));
      remaining.push(/r=(\d+)/.exec(limit ?? "")?.[1]);
    }
    expect(remaining).toEqual(["2", "1", "0"]);
    const refused = await deployment.call("GET", "sandboxes");
    expect(refused.status).toBe(429);
    expect(fieldsOf(refused)).toEqual(['"default";q=12;w=6', '"default";r=0;t=1']);
    expect(refused.headers.get("retry-after")).toBe("1");
  });

  test("are on calls about the org's limit, which count, too", async () => {
    const deployment = await Deployment.create({ per_second: 1, burst: 10 });
    const show = () => deployment.call("GET", `orgs/${deployment.org}/rate-limit`);
    for (let count = 0; count < 8; count++) await show();
    expect([(await show()).status, (await show()).status, (await show()).status]).toEqual([200, 200, 429]);
  });

  test("are not on the admin's responses: the admin has no limit", async () => {
    const deployment = await Deployment.create({ per_second: 1, burst: 1 });
    for (let count = 0; count < 5; count++) {
      const response = await deployment.call(
        "GET",
        `orgs/${deployment.org}/rate-limit`,
        undefined,
        ADMIN_TOKEN,
      );
      expect(response.status).toBe(200);
      expect(fieldsOf(response)).toEqual([null, null]);
    }
  });
});

describe("an org's requests of a page", () => {
  const put = (deployment: Deployment, limit: object) =>
    deployment.call("PUT", `orgs/${deployment.org}/rate-limit`, limit, deployment.orgToken);

  test.each([0, 1, 1_000])("may be %i", async (pages) => {
    const deployment = await Deployment.create();
    const limit = { per_second: 1, burst: 10, page_requests: pages };
    expect(await (await put(deployment, limit)).json()).toEqual({ org: deployment.org, ...limit });
    const shown = await deployment.call("GET", `orgs/${deployment.org}/rate-limit`);
    expect(await shown.json()).toEqual({ org: deployment.org, ...limit });
  });

  test.each([-1, 1_001, 0.5, null, "300"])("may not be %j", async (pages) => {
    const deployment = await Deployment.create();
    const problem = await problemOf(
      await put(deployment, { per_second: 1, burst: 10, page_requests: pages }),
    );
    expect(problem).toMatchObject({ status: 400, code: "request_invalid" });
    expect(problem.detail).toBe("/page_requests must be a whole number from 0 to 1000");
  });

  test("are 300 where they are not named, and after a reset", async () => {
    const deployment = await Deployment.create();
    await put(deployment, { per_second: 1, burst: 10, page_requests: 7 });
    expect(await (await put(deployment, { per_second: 1, burst: 10 })).json()).toMatchObject({
      page_requests: 300,
    });
    await put(deployment, { per_second: 1, burst: 10, page_requests: 7 });
    const path = `orgs/${deployment.org}/rate-limit`;
    const reset = await deployment.call("DELETE", path, undefined, deployment.orgToken);
    expect(await reset.json()).toMatchObject({ page_requests: 300 });
  });
});

describe("an org's ceiling", () => {
  const CEILING = { per_second: 20, burst: 200 };

  async function createBounded(ceiling: object = CEILING): Promise<Deployment> {
    const deployment = await Deployment.create();
    const body = { name: "Org", max_rate_limit: ceiling };
    const options = { method: "PUT", token: ADMIN_TOKEN, body };
    const response = await fetchEdge(`${API}/v1/admin/orgs/${deployment.org}`, options);
    expect(await response.json()).toEqual({ id: deployment.org, ...body });
    return deployment;
  }

  const put = (deployment: Deployment, limit: object, token = deployment.orgToken) =>
    deployment.call("PUT", `orgs/${deployment.org}/rate-limit`, limit, token);

  test("is as far as its own tokens may go, and is shown to them", async () => {
    const deployment = await createBounded();
    expect(await (await put(deployment, CEILING)).json()).toEqual({
      org: deployment.org,
      ...CEILING,
      page_requests: 300,
      max_rate_limit: CEILING,
    });
  });

  test.each([
    [{ per_second: 20.1, burst: 200 }, ["/per_second"]],
    [{ per_second: 20, burst: 201 }, ["/burst"]],
    [{ per_second: 10_000, burst: 100_000 }, ["/per_second", "/burst"]],
  ])("refuses them %j, and names what is above", async (limit, paths) => {
    const deployment = await createBounded();
    const problem = await problemOf(await put(deployment, limit));
    expect(problem).toMatchObject({ status: 403, code: "forbidden" });
    expect(problem.errors?.map(({ path }) => path)).toEqual(paths);
    expect(problem.detail).toContain("20 a second and 200 at once");
    const shown = await deployment.call("GET", `orgs/${deployment.org}/rate-limit`);
    expect(await shown.json()).toMatchObject({ per_second: 1, burst: 10 });
  });

  test("below the default keeps them from the default, too", async () => {
    const deployment = await createBounded({ per_second: 0.5, burst: 10 });
    const path = `orgs/${deployment.org}/rate-limit`;
    const reset = await deployment.call("DELETE", path, undefined, deployment.orgToken);
    expect(await problemOf(reset)).toMatchObject({ status: 403, errors: [{ path: "/per_second" }] });
    expect((await deployment.call("DELETE", path, undefined, ADMIN_TOKEN)).status).toBe(200);
  });

  test("bounds the requests of a page where it names them, the default included", async () => {
    const deployment = await createBounded({ ...CEILING, page_requests: 200 });
    for (const limit of [CEILING, { ...CEILING, page_requests: 201 }]) {
      const problem = await problemOf(await put(deployment, limit));
      expect(problem).toMatchObject({ status: 403, errors: [{ path: "/page_requests" }] });
      expect(problem.detail).toContain("with 200 requests of a page");
    }
    const response = await put(deployment, { ...CEILING, page_requests: 200 });
    expect(await response.json()).toMatchObject({ page_requests: 200 });
  });

  test("does not bind the admin", async () => {
    const deployment = await createBounded();
    const limit = { per_second: 10_000, burst: 100_000 };
    expect((await put(deployment, limit, ADMIN_TOKEN)).status).toBe(200);
  });

  test("does not keep a limit from applying where a workspace cannot be notified of it", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    vi.spyOn(Workspace.prototype, "applyOrgState").mockRejectedValueOnce(new Error("overloaded"));
    const path = `${API}/v1/orgs/${deployment.org}/rate-limit`;
    const put = { token: ADMIN_TOKEN, method: "PUT", body: { per_second: 1, burst: 2 } };
    expect((await fetchEdge(path, put)).status).toBe(200);
    expect(await (await fetchEdge(path, { token: ADMIN_TOKEN })).json()).toMatchObject(put.body);
    expect(await runDurableObjectAlarm(environment.ORG.getByName(deployment.org))).toBe(true);
    expect(await countAdmitted(id)).toBe(2);
  });

  test("does not keep a limit from a sandbox that cannot be notified of it at first", async () => {
    const deployment = await Deployment.create();
    const { id } = await deployment.attachSandbox();
    vi.spyOn(Sandbox.prototype, "applyWorkspaceState").mockImplementationOnce(() => {
      throw new Error("overloaded");
    });
    expect((await put(deployment, { per_second: 1, burst: 3 }, ADMIN_TOKEN)).status).toBe(200);
    expect(await runDurableObjectAlarm(environment.WORKSPACE.getByName(deployment.workspace))).toBe(true);
    expect(await countAdmitted(id)).toBe(3);
  });

  test("is in force for a workspace that is created after its change, though KV returns none yet", async () => {
    const deployment = await Deployment.create();
    await put(deployment, { per_second: 1, burst: 4 }, ADMIN_TOKEN);
    const workspace = `ws-${crypto.randomUUID()}`;
    const body = { org: deployment.org };
    await fetchEdge(`${API}/v1/admin/workspaces/${workspace}`, { method: "PUT", token: ADMIN_TOKEN, body });
    vi.spyOn(environment.POLICY, "get").mockRejectedValue(new Error("KV"));
    const id = crypto.randomUUID();
    expect((await deployment.host.attach(workspace, id, createGeneration(NOW_MS))).status).toBe(200);
    expect(await countAdmitted(id)).toBe(4);
  });

  test("of its own lets its tokens go as far as the API allows, and not farther", async () => {
    const deployment = await createBounded({ per_second: 10_000, burst: 100_000 });
    expect((await put(deployment, { per_second: 10_000, burst: 100_000 })).status).toBe(200);
    const beyond = await put(deployment, { per_second: 10_001, burst: 100_001 });
    expect(await problemOf(beyond)).toMatchObject({ status: 400, code: "request_invalid" });
  });
});
