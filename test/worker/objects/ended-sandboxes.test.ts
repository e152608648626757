import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ENDED_MEMORY_MS } from "../../../worker/objects/workspace/members.ts";
import {
  connect,
  createGeneration,
  Deployment,
  environment,
  FakeHost,
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
});

async function evictAll(deployment: Deployment, id: string): Promise<void> {
  await evictDurableObject(environment.SANDBOX.getByName(id));
  await evictDurableObject(environment.HOST.getByName(deployment.host.id));
  await evictDurableObject(environment.WORKSPACE.getByName(deployment.workspace));
}

const codeOf = async (response: Response) => (await problemOf(response)).code;

function keysOf(id: string): Promise<string[]> {
  return runInDurableObject(environment.SANDBOX.getByName(id), (_sandbox, { storage }) =>
    Array.from(storage.kv.list(), ([key]) => key),
  );
}

function rowsOf(stub: DurableObjectStub, table: "members" | "guests"): Promise<string[]> {
  return runInDurableObject(stub, (_object, { storage }) =>
    Array.from(
      storage.sql.exec<{ sandbox_id: string }>(`SELECT sandbox_id FROM ${table}`),
      (row) => row.sandbox_id,
    ),
  );
}

async function countAdmitted(id: string): Promise<number> {
  const url = `https://80-${id}.example.com/`;
  const responses = await Promise.all(Array.from({ length: 12 }, () => fetchEdge(url, {}, freshIsolate())));
  return responses.filter(({ status }) => status === 200).length;
}

describe("a sandbox that has ended", () => {
  test("leaves nothing in its object, and no alarm, where no link was minted", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    expect(await keysOf(id)).toEqual(["state"]);
    await deployment.host.detach(id, generation);
    expect(await keysOf(id)).toEqual([]);
    const alarm = runInDurableObject(environment.SANDBOX.getByName(id), (_sandbox, { storage }) =>
      storage.getAlarm(),
    );
    expect(await alarm).toBeNull();
    expect(await (await deployment.call("GET", "sandboxes")).json()).toEqual([]);
  });

  test("is remembered with a link, which holds again when it restarts", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    const { url } = await deployment.mintLink(id, { port: 80 });
    await deployment.host.detach(id, generation);
    expect(await keysOf(id)).toEqual(["state"]);
    await evictAll(deployment, id);
    expect(await codeOf(await fetchEdge(url, {}, freshIsolate()))).toBe("sandbox_not_found");
    await deployment.host.attach(deployment.workspace, id, createGeneration(NOW_MS + 1));
    expect((await fetchEdge(url, {}, freshIsolate())).status).toBe(200);
  });

  test("has no burst again that it has just spent", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    expect(await countAdmitted(id)).toBe(10);
    await deployment.host.detach(id, generation);
    await evictAll(deployment, id);
    await deployment.host.attach(deployment.workspace, id, createGeneration(NOW_MS + 1));
    expect(await countAdmitted(id)).toBe(0);
  });

  test("has the org's limit when it restarts in an object that has forgotten it", async () => {
    const deployment = await Deployment.create({ per_second: 1, burst: 3 });
    const { id, generation } = await deployment.attachSandbox();
    await deployment.host.detach(id, generation);
    await deployment.host.attach(deployment.workspace, id, createGeneration(NOW_MS + 1));
    await evictAll(deployment, id);
    expect(await countAdmitted(id)).toBe(3);
  });
});

describe("a late attach", () => {
  test("of the generation that has ended is refused, also where all objects have lost their memory", async () => {
    const deployment = await Deployment.create();
    const { host, workspace } = deployment;
    const { id, generation } = await deployment.attachSandbox();
    await host.detach(id, generation);
    await evictAll(deployment, id);
    vi.setSystemTime(NOW_MS + ENDED_MEMORY_MS - 1);
    expect(await codeOf(await host.attach(workspace, id, generation))).toBe("generation_ended");
    expect((await fetchEdge(`https://80-${id}.example.com/`, {}, freshIsolate())).status).toBe(404);
    expect(await environment.WORKSPACE.getByName(workspace).listSandboxes("", 10)).toEqual([]);
    expect(await codeOf(await host.attach(workspace, id, generation)), "again").toBe("generation_ended");
  });

  test("of one that ended before others is refused after each of them", async () => {
    const deployment = await Deployment.create();
    const { host, workspace } = deployment;
    const { id, generation } = await deployment.attachSandbox();
    await host.detach(id, generation);
    const second = createGeneration(NOW_MS + 1);
    expect((await host.attach(workspace, id, second)).status).toBe(200);
    await host.detach(id, second);
    for (const late of [generation, second])
      expect(await codeOf(await host.attach(workspace, id, late))).toBe("generation_ended");
    expect((await host.attach(workspace, id, createGeneration(NOW_MS + 2))).status).toBe(200);
  });

  test("is in conflict with another host that has the sandbox by now", async () => {
    const deployment = await Deployment.create();
    const { host, workspace } = deployment;
    const { id, generation } = await deployment.attachSandbox();
    await host.detach(id, generation);
    const other = new FakeHost();
    await other.enrol();
    connect(host, other);
    expect((await other.attach(workspace, id, createGeneration(NOW_MS + 1))).status).toBe(200);
    expect(await codeOf(await host.attach(workspace, id, generation))).toBe("conflict");
    expect(await (await deployment.call("GET", "sandboxes")).json()).toMatchObject([{ id, host: other.id }]);
  });
});

describe("the rows of ended sandboxes", () => {
  test("are used again, in the workspace once a late call cannot arrive any more, on the host at once", async () => {
    const deployment = await Deployment.create();
    const members = environment.WORKSPACE.getByName(deployment.workspace);
    const guests = environment.HOST.getByName(deployment.host.id);
    const ids = ["f", "b", "a"].map((digit) => `${digit}${crypto.randomUUID().slice(1)}`);
    for (const [index, id] of ids.entries()) {
      vi.setSystemTime(NOW_MS + (index < 2 ? 0 : ENDED_MEMORY_MS));
      const generation = createGeneration(Date.now());
      expect((await deployment.host.attach(deployment.workspace, id, generation)).status).toBe(200);
      if (index < 2) await deployment.host.detach(id, generation);
    }
    const [former, , last] = ids;
    expect(await rowsOf(members, "members")).toEqual([last, former]);
    expect(await rowsOf(guests, "guests")).toEqual([last]);
  });

  test("of a host that loses its memory are deleted by its next heartbeat", async () => {
    const deployment = await Deployment.create();
    const { id, generation } = await deployment.attachSandbox();
    const guests = environment.HOST.getByName(deployment.host.id);
    await deployment.host.detach(id, generation);
    expect(await guests.listGuests()).toEqual([]);
    await evictDurableObject(guests);
    expect(await rowsOf(guests, "guests")).toEqual([id]);
    const beat = () => deployment.host.callApi("heartbeat", { taken_at: NOW_MS + 1, guests: [] });
    expect(await (await beat()).json()).toMatchObject({ forgotten: [id] });
    expect(await rowsOf(guests, "guests")).toEqual([]);
    expect(await (await beat()).json()).toMatchObject({ forgotten: [] });
  });
});
