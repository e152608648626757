import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  connect,
  createGeneration,
  Deployment,
  FakeHost,
  fetchEdge,
  problemOf,
} from "../../../worker/deployment.ts";

const NOW_MS = 1_800_000_000_000;
const THIEF = "instance-of-the-thief";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const visit = (id: string) => fetchEdge(`https://3000-${id}.example.com/`);

/** What someone does who has a host's key and nothing else of the host: neither its address nor its guests. */
describe("3.4 a host's key alone", () => {
  test("gets no visitor of a sandbox that it takes over: they go to the host that was enrolled", async () => {
    const tenant = await Deployment.create();
    const { id } = await tenant.attachSandbox();
    const robbed = new FakeHost();
    await robbed.enrol();
    connect(tenant.host, robbed);
    const body = {
      sandbox_id: id,
      workspace: tenant.workspace,
      generation: createGeneration(NOW_MS + 9),
      ports: [],
    };
    expect((await robbed.callApi("attach", body)).status).toBe(200);

    const response = await visit(id);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await problemOf(response)).toMatchObject({ status: 503, code: "edge_unavailable" });
    expect(robbed.requests.length).toBeGreaterThan(0);
    expect(robbed.requests.every(({ url }) => new URL(url).origin === robbed.origin)).toBe(true);
  });

  test("cannot name another origin, in none of its calls", async () => {
    const { host, workspace } = await Deployment.create();
    const guest = { sandbox_id: crypto.randomUUID(), generation: createGeneration() };
    const origin = "https://thief.test";
    for (const [verb, body] of [
      ["attach", { ...guest, workspace, ports: [] }],
      ["detach", guest],
      ["ports", { ...guest, ports: [] }],
      ["heartbeat", { taken_at: NOW_MS, guests: [] }],
    ] as const) {
      const refused = await problemOf(await host.callApi(verb, { ...body, origin }));
      expect(refused).toMatchObject({ status: 400, code: "request_invalid" });
    }
  });

  test("can end what runs on the host, until the host is enrolled with another key", async () => {
    const { host, workspace } = await Deployment.create();
    const own = host.instance;
    const beat = async (instance: string, guests: object[]) => {
      host.instance = instance;
      host.takesOver = instance === THIEF;
      return host.callApi("heartbeat", { taken_at: Date.now() + 1, guests });
    };
    const id = crypto.randomUUID();
    const generation = createGeneration();
    await host.attach(workspace, id, generation);
    await beat(own, [{ sandbox_id: id, generation }]);
    expect((await visit(id)).status).toBe(200);

    expect(await (await beat(THIEF, [])).json()).toMatchObject({ forgotten: [id] });
    expect((await visit(id)).status).toBe(404);
    expect((await beat(own, [{ sandbox_id: id, generation }])).status).toBe(409);

    await host.enrol();
    vi.setSystemTime(NOW_MS + 1_000);
    expect((await beat(own, [{ sandbox_id: id, generation }])).status).toBe(200);
    expect((await host.attach(workspace, id, createGeneration())).status).toBe(200);
    expect((await visit(id)).status).toBe(200);
  });
});
