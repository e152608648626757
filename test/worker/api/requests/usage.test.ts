import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { USAGE_STEP_S, USAGE_STEPS } from "../../../../shared/protocol/request-log.ts";
import {
  connect,
  createGeneration,
  Deployment,
  fetchEdge,
  freshIsolate,
  problemOf,
} from "../../deployment.ts";
import { createLogStage, LogHost } from "./log-host.ts";

const NOW_MS = 1_800_000_000_000;
const STEP_MS = USAGE_STEP_S * 1000;
const PRESENT = NOW_MS / STEP_MS;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

interface Usage {
  readonly until: string;
  readonly admitted: number;
  readonly refused: number;
  readonly ports: readonly { port: number; admitted: number[]; refused: number[] }[];
  readonly series: { admitted: number[]; refused: number[] };
  readonly sandboxes: readonly { id: string; admitted: number; refused: number }[];
  readonly sandbox_count: number;
  readonly complete: boolean;
  readonly host_unreachable?: boolean;
}

/** Counts whose last steps are these. */
function countsUpTo(...lastSteps: number[]): number[] {
  return [...new Array<number>(USAGE_STEPS - lastSteps.length).fill(0), ...lastSteps];
}

/** Has a host say that each sandbox it is asked about had 3 requests to port 3000 in the last step, and 2 before. */
function countFive(host: LogHost, last = PRESENT, more: object[] = []): void {
  host.respondToLogCall = ({ body }) => {
    const { sandboxes } = body as { sandboxes: string[] };
    const admitted = countsUpTo(2, 3);
    const all = sandboxes.map((id) => ({ id, admitted: 5, ports: [{ port: 3000, admitted }] }));
    const total = admitted.map((count) => count * sandboxes.length);
    return Response.json({ last, sandboxes: [...more, ...all], total });
  };
}

async function readUsage(deployment: Deployment, path: string, token?: string): Promise<Usage> {
  const response = await deployment.call("GET", path, undefined, token);
  expect(response.status).toBe(200);
  return response.json();
}

describe("getSandboxUsage", () => {
  test("shows what the host has admitted and what object and isolates have refused, by port and step", async () => {
    const { deployment, host, id } = await createLogStage({ per_second: 0.01, burst: 1 });
    countFive(host);
    const isolate = freshIsolate();
    const visit = () => fetchEdge(`https://3000-${id}.example.com/`, {}, isolate);
    const statuses: number[] = [];
    for (let count = 0; count < 5; count++) statuses.push((await visit()).status);
    expect(statuses).toEqual([200, 429, 429, 429, 429]);
    const early = await readUsage(deployment, `sandboxes/${id}/usage`, deployment.orgToken);
    expect(early.refused, "the isolate has not asked since").toBeLessThan(4);

    vi.setSystemTime(NOW_MS + STEP_MS);
    await visit();
    const usage = await readUsage(deployment, `sandboxes/${id}/usage`, deployment.orgToken);
    expect(usage).toMatchObject({ admitted: 5, refused: 5, step_s: USAGE_STEP_S, steps: USAGE_STEPS });
    expect(Date.parse(usage.until)).toBe(NOW_MS + 2 * STEP_MS);
    expect(usage.ports).toHaveLength(1);
    expect(usage.ports[0]?.admitted, "of a host whose clock is a step behind").toEqual(countsUpTo(2, 3, 0));
    const refused = usage.ports[0]?.refused ?? [];
    expect(refused).toHaveLength(USAGE_STEPS);
    expect(refused.slice(-2).reduce((sum, count) => sum + count)).toBe(5);
  });

  test("is 0 and says so where the host does not respond, and shows refusals all the same", async () => {
    const { deployment, host, id } = await createLogStage();
    host.isAway = true;
    host.respondToLogCall = () => new Response(null, { status: 500 });
    expect(await readUsage(deployment, `sandboxes/${id}/usage`)).toMatchObject({
      admitted: 0,
      refused: 0,
      ports: [],
      host_unreachable: true,
    });
  });

  test("may be read by a viewer, and by nobody of another workspace", async () => {
    const { deployment, host, id } = await createLogStage();
    countFive(host);
    const viewer = await deployment.createToken({ role: "viewer" });
    expect(await readUsage(deployment, `sandboxes/${id}/usage`, viewer)).toMatchObject({ admitted: 5 });
    const calls = host.logCalls.length;
    const { token } = await Deployment.create();
    const foreign = await deployment.call("GET", `sandboxes/${id}/usage`, undefined, token);
    expect(await problemOf(foreign)).toMatchObject({ status: 404, code: "sandbox_not_found" });
    expect(host.logCalls).toHaveLength(calls);
  });

  test.each([
    ["what it was not asked about", [{ id: crypto.randomUUID(), admitted: 99, ports: [] }]],
    ["nothing else", []],
  ])("believes a host about its own sandbox only, which says %s", async (_what, more) => {
    const { deployment, host, id } = await createLogStage();
    countFive(host, PRESENT, more);
    expect(await readUsage(deployment, `sandboxes/${id}/usage`)).toMatchObject({ admitted: 5 });
  });

  test.each([
    [PRESENT + 1, countsUpTo(5)],
    [PRESENT - 1, countsUpTo(2, 3, 0)],
    [Number.MAX_SAFE_INTEGER, countsUpTo(5)],
    [0, countsUpTo()],
  ])("has an hour of its own where a host's clock says step %i", async (last, admitted) => {
    const { deployment, host, id } = await createLogStage();
    countFive(host, last);
    for (const path of [`sandboxes/${id}/usage`, `orgs/${deployment.org}/usage`]) {
      const usage = await readUsage(deployment, path, deployment.orgToken);
      expect(Date.parse(usage.until)).toBe(NOW_MS + STEP_MS);
      expect(usage.series?.admitted ?? usage.ports[0]?.admitted ?? countsUpTo()).toEqual(admitted);
    }
  });
});

describe("getOrgUsage", () => {
  test("adds up all sandboxes of all workspaces and hosts, and lists the busiest", async () => {
    const { deployment, host, id } = await createLogStage();
    const other = new LogHost();
    await other.enrol();
    connect(deployment.host, host, other);
    const workspace = `second-${id.slice(0, 8)}`;
    await deployment.createWorkspace(workspace);
    const [far, quiet] = [crypto.randomUUID(), crypto.randomUUID()];
    await other.attach(workspace, far, createGeneration());
    await host.attach(deployment.workspace, quiet, createGeneration());
    countFive(host);
    other.respondToLogCall = () =>
      Response.json({
        last: PRESENT,
        sandboxes: [
          { id: far, admitted: 7, ports: [] },
          { id, admitted: 1_000, ports: [] },
        ],
        total: countsUpTo(7),
      });
    const path = `orgs/${deployment.org}/usage`;
    const usage = await readUsage(deployment, path, deployment.orgToken);
    expect(usage).toMatchObject({ admitted: 17, refused: 0, sandbox_count: 3, complete: true });
    expect(usage.series.admitted).toEqual(countsUpTo(4, 13));
    expect(usage.series.refused).toEqual(countsUpTo());
    expect(usage.sandboxes[0]).toEqual({ id: far, workspace, admitted: 7, refused: 0 });
    expect(usage.sandboxes.slice(1).map((each) => each.admitted)).toEqual([5, 5]);
    const one = await readUsage(deployment, `${path}?limit=1`, deployment.orgToken);
    expect(one.sandboxes).toHaveLength(1);
    expect(one.admitted, "also those that are not listed").toBe(17);
    for (const made of [...host.logCalls, ...other.logCalls])
      expect(made).toMatchObject({ body: { series: false } });

    other.respondToLogCall = () => Response.json({ last: PRESENT, sandboxes: "many" });
    expect(await readUsage(deployment, path, deployment.orgToken)).toMatchObject({
      admitted: 10,
      sandbox_count: 3,
      complete: false,
    });
  });

  test("is for tokens of the org, and for the admin", async () => {
    const { deployment, host } = await createLogStage();
    countFive(host);
    const path = `orgs/${deployment.org}/usage`;
    expect((await deployment.call("GET", path)).status).toBe(403);
    const { orgToken } = await Deployment.create();
    expect((await deployment.call("GET", path, undefined, orgToken)).status).toBe(404);
    expect((await deployment.call("GET", path, undefined, "admin-token")).status).toBe(200);
  });

  test.each(["limit=0", "limit=101", "limit=x", "workspace=x"])("refuses ?%s", async (query) => {
    const { deployment, host } = await createLogStage();
    const response = await deployment.call(
      "GET",
      `orgs/${deployment.org}/usage?${query}`,
      undefined,
      deployment.orgToken,
    );
    expect(await problemOf(response)).toMatchObject({ code: "request_invalid" });
    expect(host.logCalls).toEqual([]);
  });
});
