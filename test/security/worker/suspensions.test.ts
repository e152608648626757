import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Org } from "../../../worker/objects/org.ts";
import { Sandbox } from "../../../worker/objects/sandbox.ts";
import type { SuspensionState } from "../../../worker/objects/suspension/suspension.ts";
import { Workspace } from "../../../worker/objects/workspace.ts";
import {
  ADMIN_TOKEN,
  API,
  connect,
  countingIsolate,
  createGeneration,
  Deployment,
  environment,
  FakeHost,
  fetchEdge,
  freshIsolate,
  problemOf,
} from "../../worker/deployment.ts";

const NOW_MS = 1_800_000_000_000;
const DAY_MS = 24 * 3_600_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

type Kind = "orgs" | "workspaces" | "sandboxes";

const asAdmin = (method: string, path: string, body?: unknown) =>
  fetchEdge(`${API}/v1/admin/${path}`, { method, token: ADMIN_TOKEN, body });
const suspend = (kind: Kind, id: string, reason = "phishing") =>
  asAdmin("PUT", `suspensions/${kind}/${id}`, { reason });
const lift = (kind: Kind, id: string) => asAdmin("DELETE", `suspensions/${kind}/${id}`);
const publicUrl = (id: string, port = 3000) => `https://${port}-${id}.example.com/`;
const codeOf = async (url: string) => {
  const response = await fetchEdge(url, {}, freshIsolate());
  return response.ok ? "ok" : (await problemOf(response)).code;
};

async function setUp(kind: Kind) {
  const deployment = await Deployment.create({ per_second: 1000, burst: 1000 });
  const { id, generation } = await deployment.attachSandbox();
  const ids = { orgs: deployment.org, workspaces: deployment.workspace, sandboxes: id };
  return { deployment, id, generation, suspended: ids[kind] };
}

async function addHost(deployment: Deployment): Promise<FakeHost> {
  const host = new FakeHost();
  await host.enrol();
  connect(deployment.host, host);
  return host;
}

const countPending = (workspace: string) =>
  runInDurableObject(environment.WORKSPACE.getByName(workspace), (_object, { storage }) =>
    storage.sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM pending_notifications").one(),
  );

describe.each<Kind>(["orgs", "workspaces", "sandboxes"])("3.3 a suspension of %s", (kind) => {
  test("refuses visitors at once, by public hostname and by link, on each port", async () => {
    const { deployment, id, suspended } = await setUp(kind);
    const { url } = await deployment.mintLink(id, { port: 80 });
    expect([await codeOf(publicUrl(id)), await codeOf(url)]).toEqual(["ok", "ok"]);
    expect((await suspend(kind, suspended)).status).toBe(200);
    for (const address of [publicUrl(id), publicUrl(id, 8080), url])
      await expect.poll(() => codeOf(address)).toBe("suspended");
    const fetched = deployment.host.requests.length;
    await codeOf(publicUrl(id));
    expect(deployment.host.requests.length, "no request reaches the host").toBe(fetched);
  });

  test("is over as soon as it is undone", async () => {
    const { id, suspended } = await setUp(kind);
    await suspend(kind, suspended);
    await expect.poll(() => codeOf(publicUrl(id))).toBe("suspended");
    expect((await lift(kind, suspended)).status).toBe(204);
    await expect.poll(() => codeOf(publicUrl(id))).toBe("ok");
  });

  test("has the host cut everything that is open, and later admit again", async () => {
    const { deployment, id, suspended } = await setUp(kind);
    await suspend(kind, suspended);
    const cut = { sandbox_id: id, links: [], all: true };
    await expect.poll(() => deployment.host.revocations).toEqual([cut]);
    await lift(kind, suspended);
    await expect.poll(() => deployment.host.revocations).toEqual([cut, { ...cut, all: false }]);
  });

  test("reaches a host that was away, also where the object was evicted meanwhile", async () => {
    const { deployment, id, suspended } = await setUp(kind);
    deployment.host.acceptsHostCalls = false;
    vi.spyOn(console, "error").mockImplementation(() => {});
    await suspend(kind, suspended);
    await expect.poll(() => codeOf(publicUrl(id))).toBe("suspended");
    await evictDurableObject(environment.SANDBOX.getByName(id));
    deployment.host.acceptsHostCalls = true;
    await runDurableObjectAlarm(environment.SANDBOX.getByName(id));
    expect(deployment.host.revocations).toEqual([{ sandbox_id: id, links: [], all: true }]);
  });

  test("survives evictions, a re-attach, a new start and a move", async () => {
    const { deployment, id, generation, suspended } = await setUp(kind);
    const { host, workspace } = deployment;
    await suspend(kind, suspended);
    await expect.poll(() => codeOf(publicUrl(id))).toBe("suspended");
    await evictDurableObject(environment.SANDBOX.getByName(id));
    await evictDurableObject(environment.WORKSPACE.getByName(workspace));
    await evictDurableObject(environment.ORG.getByName(deployment.org));
    expect(await codeOf(publicUrl(id)), "evicted").toBe("suspended");
    expect((await host.attach(workspace, id, generation)).status).toBe(200);
    expect(await codeOf(publicUrl(id)), "attached again").toBe("suspended");
    await host.detach(id, generation);
    await host.attach(workspace, id, createGeneration(NOW_MS + 1));
    expect(await codeOf(publicUrl(id)), "started again").toBe("suspended");
    const other = await addHost(deployment);
    await other.attach(workspace, id, createGeneration(NOW_MS + 2));
    expect(await codeOf(publicUrl(id)), "moved").toBe("suspended");
    await lift(kind, suspended);
    await expect.poll(() => codeOf(publicUrl(id)), { message: "lifted" }).toBe("ok");
  });

  test("is listed, with its reason and time, until it is undone", async () => {
    const { suspended } = await setUp(kind);
    const list = async () =>
      (
        (await (await asAdmin("GET", "suspensions")).json()) as { suspensions: { id: string }[] }
      ).suspensions.filter(({ id }) => id === suspended);
    const entry = { kind, id: suspended, reason: "abuse", since: "2027-01-15T08:00:00Z" };
    expect(await (await suspend(kind, suspended, "abuse")).json()).toEqual(entry);
    expect(await list()).toEqual([entry]);
    vi.setSystemTime(NOW_MS + 5_000);
    expect(await (await suspend(kind, suspended, "abuse")).json(), "repeated").toEqual(entry);
    await lift(kind, suspended);
    expect((await lift(kind, suspended)).status, "repeated").toBe(204);
    expect(await list()).toEqual([]);
  });

  test("needs a reason that is known", async () => {
    const { suspended } = await setUp(kind);
    const response = await suspend(kind, suspended, "because");
    expect(await problemOf(response)).toMatchObject({ status: 400, errors: [{ path: "/reason" }] });
  });

  test("cannot be made or undone with a token of the org", async () => {
    const { deployment, suspended } = await setUp(kind);
    for (const method of ["PUT", "DELETE"]) {
      const options = { method, token: deployment.orgToken, body: { reason: "abuse" } };
      const response = await fetchEdge(`${API}/v1/admin/suspensions/${kind}/${suspended}`, options);
      expect(response.status).toBe(401);
    }
  });
});

describe("3.3 a suspension", () => {
  test.each([
    ["orgs", "unknown", "not_found"],
    ["workspaces", "unknown", "not_found"],
    ["sandboxes", crypto.randomUUID(), "sandbox_not_found"],
    ["sandboxes", "no-uuid", "sandbox_not_found"],
  ] as const)("of %s that do not exist is refused, and nothing is kept: %s", async (kind, id, code) => {
    expect(await problemOf(await suspend(kind, id))).toMatchObject({ status: 404, code });
    const { keys } = await environment.POLICY.list({ prefix: `suspension:${kind}:${id}` });
    expect(keys).toEqual([]);
  });

  test.each(["orgs", "workspaces"] as const)(
    "of %s refuses callers of the API, with the reason",
    async (kind) => {
      const { deployment, id, suspended } = await setUp(kind);
      await suspend(kind, suspended, "billing");
      const calls = [
        ["GET", `sandboxes/${id}`, undefined],
        ["POST", "sandboxes", { template: "vite" }],
        ["POST", `sandboxes/${id}/preview-token`, { port: 80 }],
        ["GET", `workspaces/${deployment.workspace}/audit`, undefined],
      ] as const;
      for (const token of [deployment.token, deployment.orgToken])
        for (const [method, path, body] of calls) {
          const problem = await problemOf(await deployment.call(method, path, body, token));
          expect(problem, path).toMatchObject({ status: 403, code: "suspended" });
          expect(problem.detail).toContain("billing");
        }
      await lift(kind, suspended);
      await expect.poll(async () => (await deployment.call("GET", `sandboxes/${id}`)).status).toBe(200);
    },
  );

  test("of a sandbox is shown to its owner, who can still use the API", async () => {
    const { deployment, id } = await setUp("sandboxes");
    await suspend("sandboxes", id);
    const shown = await deployment.call("GET", `sandboxes/${id}`);
    expect(await shown.json()).toMatchObject({ status: "suspended" });
  });

  test("of an org leaves another org alone, and so does one of a workspace its sibling", async () => {
    const { deployment } = await setUp("orgs");
    const sibling = `ws-${crypto.randomUUID().slice(0, 8)}`;
    await deployment.createWorkspace(sibling);
    const id = crypto.randomUUID();
    await deployment.host.attach(sibling, id, createGeneration());
    await suspend("workspaces", deployment.workspace);
    expect(await codeOf(publicUrl(id))).toBe("ok");
    await suspend("orgs", deployment.org);
    await expect.poll(() => codeOf(publicUrl(id))).toBe("suspended");
    const stranger = await setUp("orgs");
    expect(await codeOf(publicUrl(stranger.id))).toBe("ok");
  });

  test("of an org holds for a workspace that is created later, or at the same time", async () => {
    const { deployment } = await setUp("orgs");
    await suspend("orgs", deployment.org);
    const later = `ws-${crypto.randomUUID().slice(0, 8)}`;
    const attach = async (workspace: string) => {
      await asAdmin("PUT", `workspaces/${workspace}`, { org: deployment.org });
      const id = crypto.randomUUID();
      await deployment.host.attach(workspace, id, createGeneration());
      return id;
    };
    expect(await codeOf(publicUrl(await attach(later)))).toBe("suspended");
    await lift("orgs", deployment.org);
    const create = Workspace.prototype.create;
    vi.spyOn(Workspace.prototype, "create").mockImplementationOnce(async function (
      this: Workspace,
      org: string,
    ) {
      await suspend("orgs", deployment.org);
      return create.call(this, org);
    } as never);
    const overtaken = await attach(`ws-${crypto.randomUUID().slice(0, 8)}`);
    expect(await codeOf(publicUrl(overtaken))).toBe("suspended");
  });

  test.each(["orgs", "workspaces"] as const)(
    "of %s holds for a sandbox whose first attach overlaps with it",
    async (kind) => {
      const { deployment, suspended } = await setUp(kind);
      const attach = Sandbox.prototype.attach;
      vi.spyOn(Sandbox.prototype, "attach").mockImplementationOnce(async function (
        this: Sandbox,
        ...args: Parameters<typeof attach>
      ) {
        await suspend(kind, suspended);
        const members = environment.WORKSPACE.getByName(deployment.workspace);
        await expect.poll(() => countPending(deployment.workspace)).toMatchObject({ n: 0 });
        expect(await members.checkAccess(deployment.org)).toMatchObject({ code: "suspended" });
        return attach.apply(this, args);
      } as never);
      const late = await deployment.attachSandbox();
      expect(await codeOf(publicUrl(late.id))).toBe("suspended");
    },
  );

  test("of a workspace says nothing about the next owner of a sandbox's id", async () => {
    const { deployment, id, generation } = await setUp("workspaces");
    for (let count = 0; count < 3; count++) {
      await suspend("workspaces", deployment.workspace);
      await lift("workspaces", deployment.workspace);
    }
    await suspend("workspaces", deployment.workspace);
    await expect.poll(() => codeOf(publicUrl(id))).toBe("suspended");
    await deployment.host.detach(id, generation);
    vi.setSystemTime(NOW_MS + 9 * DAY_MS);
    await runDurableObjectAlarm(environment.SANDBOX.getByName(id));
    const other = await Deployment.create();
    await other.host.attach(other.workspace, id, createGeneration(Date.now()));
    expect(await codeOf(publicUrl(id)), "of the former owner").toBe("ok");
    await suspend("workspaces", other.workspace);
    await expect.poll(() => codeOf(publicUrl(id)), { message: "with lower revisions" }).toBe("suspended");
  });

  test("that ends does not end another one above or below it", async () => {
    const { deployment, id } = await setUp("sandboxes");
    await suspend("sandboxes", id);
    await suspend("workspaces", deployment.workspace);
    await suspend("orgs", deployment.org);
    for (const [kind, ended] of [
      ["orgs", deployment.org],
      ["workspaces", deployment.workspace],
    ] as const) {
      await lift(kind, ended);
      expect(await codeOf(publicUrl(id)), kind).toBe("suspended");
    }
    await lift("sandboxes", id);
    await expect.poll(() => codeOf(publicUrl(id))).toBe("ok");
  });

  test("holds where an older state of the workspace arrives late", async () => {
    const { deployment, id } = await setUp("workspaces");
    const apply = (suspension: SuspensionState) =>
      environment.SANDBOX.getByName(id).applyWorkspaceState({
        workspace: deployment.workspace,
        keys: { revision: 0, previous: [] },
        suspension,
      });
    await apply({ revision: 8, suspension: { reason: "abuse", sinceMs: NOW_MS } });
    await apply({ revision: 7 });
    expect(await codeOf(publicUrl(id))).toBe("suspended");
    await apply({ revision: 9 });
    expect(await codeOf(publicUrl(id))).toBe("ok");
  });

  test("of a sandbox that has ended holds for whatever starts under its id, also after months", async () => {
    const { deployment, id, generation } = await setUp("sandboxes");
    await suspend("sandboxes", id);
    await deployment.host.detach(id, generation);
    expect(await codeOf(publicUrl(id)), "ended").toBe("suspended");
    for (let day = 9; day < 100; day += 9) {
      vi.setSystemTime(NOW_MS + day * DAY_MS);
      await runDurableObjectAlarm(environment.SANDBOX.getByName(id));
    }
    await deployment.host.attach(deployment.workspace, id, createGeneration(Date.now()));
    expect(await codeOf(publicUrl(id)), "started again").toBe("suspended");
    await lift("sandboxes", id);
    expect(await codeOf(publicUrl(id))).toBe("ok");
  });

  test("shows visitors where to turn, and not the reason", async () => {
    const { id } = await setUp("sandboxes");
    await suspend("sandboxes", id, "billing");
    const settings = { ...environment, ABUSE_CONTACT: "abuse@example.com" };
    const denial = await runInDurableObject(environment.SANDBOX.getByName(id), (_object, state) =>
      new Sandbox(state, settings).admit({ port: 80 }),
    );
    const refusal = { contact: "abuse@example.com", detail: expect.stringContaining("abuse@example.com") };
    expect(denial).toMatchObject({ refusal });
    const headers = { "sec-fetch-mode": "navigate" };
    const page = await (await fetchEdge(publicUrl(id), { headers })).text();
    expect(page).toContain("suspended");
    expect(page).not.toContain("billing");
  });

  test("costs one object call for all hostnames of the sandbox, for as long as an isolate remembers", async () => {
    const { id } = await setUp("sandboxes");
    await suspend("sandboxes", id);
    const { isolate, calls } = countingIsolate();
    for (let port = 1; port <= 50; port++) await fetchEdge(publicUrl(id, port), {}, isolate);
    expect(calls.filter((call) => call === "SANDBOX.getByName")).toHaveLength(1);
    vi.setSystemTime(NOW_MS + 5_000);
    await lift("sandboxes", id);
    expect((await fetchEdge(publicUrl(id), {}, isolate)).status, "and no longer than 5 s").toBe(200);
  });
});

describe("3.3 1 000 sandboxes", () => {
  /** Attaches sandboxes past the API: the host's calls are not the matter. */
  async function attachMany({ workspace, host }: Deployment, count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, () => crypto.randomUUID());
    const members = environment.WORKSPACE.getByName(workspace);
    for (let start = 0; start < ids.length; start += 50)
      await Promise.all(
        ids.slice(start, start + 50).map(async (id) => {
          const generation = createGeneration();
          const membership = await members.addSandbox(workspace, id, generation);
          if ("code" in membership) throw new Error(membership.code);
          const offer = { ...membership, hostId: host.id, origin: host.origin, generation, ports: [] };
          await environment.SANDBOX.getByName(id).attach(id, offer);
        }),
      );
    return ids;
  }

  test.each(["workspaces", "orgs"] as const)(
    "of %s all refuse their visitors, and their host cuts what is open",
    async (kind) => {
      vi.useRealTimers();
      const { deployment, id: first, suspended } = await setUp(kind);
      const ids = [first, ...(await attachMany(deployment, 999))];
      let cut = 0;
      vi.spyOn(deployment.host, "respond").mockImplementation(async () => {
        cut += 1;
        return Response.json({ cut: 0 });
      });
      expect((await suspend(kind, suspended)).status).toBe(200);
      await expect
        .poll(async () => [(await countPending(deployment.workspace)).n, cut], { timeout: 30_000 })
        .toEqual([0, ids.length]);
      for (const id of ids)
        expect(await environment.SANDBOX.getByName(id).admit({ port: 80 })).toMatchObject({
          refusal: { code: "suspended" },
        });
    },
    90_000,
  );
});

describe("3.3 where each object responds after 200 ms, a suspension reaches", () => {
  const RESPONSE_MS = 200;
  const SUSPENSION = { reason: "abuse", sinceMs: NOW_MS } as const;

  /**
   * Objects as far away as Cloudflare's can be. In this test all would share one thread, so the time is not the clock's:
   * each round of calls that wait at the same time takes as long as one call.
   */
  class FarObjects {
    readonly reached = new Set<string>();
    readonly #waiting: (() => void)[] = [];

    readonly namespace = {
      getByName: (name: string) => ({
        applyWorkspaceState: () => this.#call(name),
        applyOrgState: () => this.#call(name),
      }),
    } as never;

    #call(name: string): Promise<void> {
      return new Promise((resolve) => {
        this.#waiting.push(() => {
          this.reached.add(name);
          resolve();
        });
      });
    }

    /** @returns how long `act` takes, for calls that take 200 ms each */
    async measure(act: () => Promise<unknown>): Promise<number> {
      let isOver = false;
      const acting = act().finally(() => {
        isOver = true;
      });
      let rounds = 0;
      while (!isOver) {
        await scheduler.wait(1);
        if (this.#waiting.length > 0) rounds += 1;
        for (const respond of this.#waiting.splice(0)) respond();
      }
      await acting;
      return rounds * RESPONSE_MS;
    }
  }

  test.each([
    [1_000, 5_000],
    [3_000, 7_000],
  ])("%i sandboxes of a workspace within %i ms", async (count, mostMs) => {
    const { workspace } = await Deployment.create();
    const far = new FarObjects();
    const stub = environment.WORKSPACE.getByName(workspace);
    const tookMs = await runInDurableObject(stub, async (_object, state) => {
      // It would wake the object itself, which has no far sandboxes.
      vi.spyOn(state.storage, "setAlarm").mockResolvedValue();
      const object = new Workspace(state, { ...environment, SANDBOX: far.namespace });
      state.storage.sql.exec(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO members (sandbox_id, generation) SELECT 'sandbox-' || i, ? FROM n`,
        count,
        createGeneration(),
      );
      return far.measure(() => object.suspend(SUSPENSION));
    });
    expect(far.reached.size).toBe(count);
    expect(tookMs).toBeLessThan(mostMs);
  });

  test("1 000 workspaces of an org within 5 000 ms", async () => {
    const { org } = await Deployment.create();
    const far = new FarObjects();
    const tookMs = await runInDurableObject(environment.ORG.getByName(org), async (_object, state) => {
      vi.spyOn(state.storage, "setAlarm").mockResolvedValue();
      const object = new Org(state, { ...environment, WORKSPACE: far.namespace });
      object.addWorkspaces(Array.from({ length: 999 }, (_, index) => `ws-${index}`));
      return far.measure(() => object.suspend(SUSPENSION));
    });
    expect(far.reached.size).toBe(1_000);
    expect(tookMs).toBeLessThan(5_000);
  });
});
