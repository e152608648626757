import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { INSTANCE_HOLD_MS } from "../../../../shared/protocol/host-api.ts";
import { HeardConnector } from "../../../../worker/objects/host/heard-connector.ts";
import { HOST_DOWN_AFTER_MS, HOST_SUSPECTED_MS } from "../../../../worker/objects/host.ts";
import { Sandbox } from "../../../../worker/objects/sandbox.ts";
import {
  createGeneration,
  Deployment,
  environment,
  fetchEdge,
  problemOf,
} from "../../../worker/deployment.ts";

const NOW_MS = 1_800_000_000_000;
const FIRST = "instance-of-the-first";
const SECOND = "instance-of-the-second";

let deployment: Deployment;
let guest: { id: string; generation: `${number}-${string}` };

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime(NOW_MS);
  deployment = await Deployment.create();
  deployment.host.instance = FIRST;
  guest = await deployment.attachSandbox();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function elapse(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

/** A heartbeat of one of the host's connectors. */
async function beat(instance: string, guests: readonly string[], takesOver = false) {
  Object.assign(deployment.host, { instance, takesOver });
  const body = {
    taken_at: Date.now() + 1,
    guests: guests.map((id) => ({ sandbox_id: id, generation: guest.generation })),
  };
  const response = await deployment.host.callApi("heartbeat", body);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function visit(): Promise<number> {
  return (await fetchEdge(`https://3000-${guest.id}.example.com/`)).status;
}

describe("5.2: a second connector with the id of a host", () => {
  test("is refused with each of its calls while the first was heard within 60 s, and ends nothing", async () => {
    expect((await beat(FIRST, [guest.id])).status).toBe(200);
    elapse(4_000);
    const refused = await beat(SECOND, []);
    expect(refused).toMatchObject({
      status: 409,
      body: {
        code: "conflict",
        detail: expect.stringMatching(/Another connector of this host was heard 4 s ago.*--take-over/),
      },
    });
    for (const [verb, body] of [
      [
        "attach",
        { sandbox_id: guest.id, generation: createGeneration(), workspace: deployment.workspace, ports: [] },
      ],
      ["detach", { sandbox_id: guest.id, generation: guest.generation }],
      ["ports", { sandbox_id: guest.id, generation: guest.generation, ports: [1] }],
    ] as const)
      expect(await problemOf(await deployment.host.callApi(verb, body)), verb).toMatchObject({ status: 409 });
    expect(await visit()).toBe(200);
    expect(await beat(FIRST, [guest.id])).toMatchObject({
      status: 200,
      body: { forgotten: [], missing: [] },
    });
  });

  test("is refused also after the object was evicted, and while the first only responds to probes", async () => {
    await beat(FIRST, [guest.id]);
    const object = environment.HOST.getByName(deployment.host.id);
    await evictDurableObject(object);
    elapse(INSTANCE_HOLD_MS - 1_000);
    expect((await beat(SECOND, [])).status).toBe(409);
    deployment.host.instance = FIRST;
    await runDurableObjectAlarm(object);
    elapse(HOST_DOWN_AFTER_MS);
    await runDurableObjectAlarm(object);
    await evictDurableObject(object);
    elapse(15_000);
    expect((await beat(SECOND, [])).status).toBe(409);
    expect(await visit()).toBe(200);
  });

  test("is accepted 60 s after the first was heard, or at once where it takes over, and then the first is refused", async () => {
    await beat(FIRST, [guest.id]);
    elapse(INSTANCE_HOLD_MS);
    expect((await beat(SECOND, [guest.id])).status).toBe(200);
    expect((await beat(FIRST, [guest.id])).status).toBe(409);
    expect((await beat(FIRST, [guest.id], true)).status).toBe(200);
    expect((await beat(SECOND, [guest.id])).status).toBe(409);
    expect(await visit()).toBe(200);
  });

  test("is no other one after a restart: the first connector calls again at once", async () => {
    await beat(FIRST, [guest.id]);
    expect(await beat(FIRST, [guest.id])).toMatchObject({ status: 200 });
    elapse(HOST_SUSPECTED_MS);
    expect(await beat(FIRST, [guest.id])).toMatchObject({ status: 200 });
  });

  test("is accepted at once where the host was enrolled with another key", async () => {
    await beat(FIRST, [guest.id]);
    await deployment.host.enrol();
    elapse(1_000);
    expect((await beat(SECOND, [guest.id])).status).toBe(200);
  });

  test("is accepted with another key also where the admin has repeated the former enrolment", async () => {
    await beat(FIRST, [guest.id]);
    const host = environment.HOST.getByName(deployment.host.id);
    await host.enrol((await host.read())!);
    await deployment.host.enrol();
    elapse(1_000);
    expect((await beat(SECOND, [guest.id])).status).toBe(200);
  });

  test("costs the object one write, and none as long as the same one calls", () => {
    const put = vi.fn();
    const connector = new HeardConnector({ get: () => undefined, put } as unknown as SyncKvStorage);
    for (let count = 0; count < 5; count++) connector.hear(FIRST, NOW_MS + count);
    expect(put.mock.calls).toEqual([["instance", FIRST]]);
    expect(connector.read()).toEqual({ instance: FIRST, heardAtMs: NOW_MS + 4 });
  });
});

describe("5.2: after one wrong heartbeat, which ended every generation", () => {
  /** As the connector does (`connector/edge/announcer.ts`). */
  async function announce(generation: string) {
    const { host, workspace } = deployment;
    return host.callApi("attach", { sandbox_id: guest.id, workspace, generation, ports: [] });
  }

  test("the next heartbeat asks for the guest, and the host may announce it in a new generation", async () => {
    expect((await beat(FIRST, [])).body).toMatchObject({ forgotten: [guest.id] });
    expect(await visit()).toBe(404);
    elapse(15_000);
    expect((await beat(FIRST, [guest.id])).body).toMatchObject({ missing: [guest.id] });
    expect(await problemOf(await announce(guest.generation))).toMatchObject({
      status: 409,
      code: "generation_ended",
    });
    const generation = createGeneration();
    expect((await announce(generation)).status).toBe(200);
    deployment.host.guests.set(guest.id, generation);
    expect(await visit()).toBe(200);
  });

  test("a host that another one has displaced is told that, and may not announce its guest anew", async () => {
    const elsewhere = await Deployment.create();
    const newer = createGeneration(NOW_MS + 1);
    expect((await elsewhere.host.attach(deployment.workspace, guest.id, newer)).status).toBe(200);
    expect(await problemOf(await announce(guest.generation))).toMatchObject({ code: "conflict" });
    await elsewhere.host.detach(guest.id, newer);
    expect(await problemOf(await announce(guest.generation))).toMatchObject({ code: "conflict" });
  });

  test("a guest is asked for, too, where taking its route down was cut short in the middle", async () => {
    const detach = Sandbox.prototype.detach;
    vi.spyOn(Sandbox.prototype, "detach").mockImplementation(function (this: Sandbox, ...args) {
      detach.apply(this, args);
      throw new Error("the invocation ends here");
    });
    expect((await beat(FIRST, [])).status).toBe(500);
    vi.restoreAllMocks();
    elapse(15_000);
    expect((await beat(FIRST, [guest.id])).body, "though the host's list has it").toMatchObject({
      missing: [guest.id],
    });
    elapse(15_000);
    expect((await beat(FIRST, [guest.id])).body, "only once").toMatchObject({ missing: [] });
  });
});
