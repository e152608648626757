import pino from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Announcer } from "../../../../connector/edge/announcer.ts";
import { EdgeError } from "../../../../connector/edge/edge-client.ts";
import type { Guest } from "../../../../connector/guests/guest.ts";
import type { GuestTable } from "../../../../connector/guests/guest-table.ts";
import { createGuest } from "../../../support/connector/create-guest.ts";
import { FakeEdge } from "../../../support/connector/fake-edge.ts";

const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const OTHER_ID = "1f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const LOG = pino({ level: "silent" });

/** The part of a guest table that an announcer reads. */
function createTable(...guests: Guest[]) {
  const held = new Map(guests.map((guest) => [guest.sandboxId, guest]));
  const table = {
    find: (id: string) => held.get(id),
    holds: (guest: Guest) => held.get(guest.sandboxId) === guest,
    list: () => [...held.values()],
    listWithArriving: () => [...held.values()],
  };
  return { held, table: table as unknown as GuestTable };
}

describe("Announcer", () => {
  let edge: FakeEdge;
  let announcer: Announcer;
  let renewed: Guest[];

  beforeEach(() => {
    vi.useFakeTimers();
    edge = new FakeEdge();
    renewed = [];
  });

  afterEach(() => {
    announcer.stop();
    vi.useRealTimers();
  });

  function create(guests: GuestTable): Announcer {
    const renew = async (guest: Guest) => renewed.push(guest);
    announcer = new Announcer({ edge: edge.client, guests, log: LOG, renew });
    return announcer;
  }

  test.each([
    ["no response", 0],
    ["a clock that is off", 401],
    ["too many calls", 429],
    ["a bug", 500],
    ["an overloaded edge", 503],
  ])("announceAttach() repeats a call that failed for %s, with growing pauses", async (_case, status) => {
    const guest = createGuest(ID);
    edge.outcomes.push(new EdgeError("no", status), new EdgeError("no", status), new EdgeError("no", status));
    const announced = create(createTable(guest).table).announceAttach(guest);
    await vi.advanceTimersByTimeAsync(0);
    expect(edge.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(249);
    expect(edge.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(edge.calls).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(500);
    expect(edge.calls).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(1000);
    await announced;
    expect(edge.calls).toEqual(Array(4).fill(`attach ${guest.generation}`));
  });

  test("announceAttach() pauses at most 10 s", async () => {
    const guest = createGuest(ID);
    for (let count = 0; count < 20; count++) edge.outcomes.push(new EdgeError("no", 0));
    void create(createTable(guest).table).announceAttach(guest);
    await vi.advanceTimersByTimeAsync(60_000);
    const before = edge.calls.length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(edge.calls.length).toBe(before + 1);
  });

  test.each([400, 403, 404, 409])("announceAttach() is not repeated after %i", async (status) => {
    const guest = createGuest(ID);
    edge.outcomes.push(new EdgeError("no", status));
    await expect(create(createTable(guest).table).announceAttach(guest)).rejects.toMatchObject({ status });
    expect(edge.calls).toHaveLength(1);
  });

  test("announceAttach() stops repeating for a guest that was replaced, and announces the new one", async () => {
    const guest = createGuest(ID);
    const { held, table } = createTable(guest);
    edge.outcomes.push(new EdgeError("no", 503));
    const announced = create(table).announceAttach(guest);
    await vi.advanceTimersByTimeAsync(0);
    const newer = createGuest(ID);
    held.set(ID, newer);
    const announcedNewer = announcer.announceAttach(newer);
    await vi.advanceTimersByTimeAsync(250);
    expect(await Promise.all([announced, announcedNewer])).toEqual([false, true]);
    expect(edge.calls).toEqual([`attach ${guest.generation}`, `attach ${newer.generation}`]);
  });

  test("announceDetach() comes after the announcement of the same sandbox, and is repeated though the guest is gone", async () => {
    const guest = createGuest(ID);
    const { held, table } = createTable(guest);
    create(table);
    const announced = announcer.announceAttach(guest);
    await announced;
    held.delete(ID);
    edge.outcomes.push(new EdgeError("no", 0));
    const announcedEnd = announcer.announceDetach(guest);
    await vi.advanceTimersByTimeAsync(250);
    await announcedEnd;
    expect(edge.calls.slice(1)).toEqual([`detach ${guest.generation}`, `detach ${guest.generation}`]);
  });

  test("reportPorts() reports changes that come while a call waits together", async () => {
    const guest = createGuest(ID);
    edge.outcomes.push(new EdgeError("no", 503));
    create(createTable(guest).table);
    const announced = announcer.announceAttach(guest);
    for (const port of [3001, 3002, 3003]) {
      guest.reportPorts([port]);
      announcer.reportPorts(guest);
    }
    await vi.advanceTimersByTimeAsync(250);
    await announced;
    guest.reportPorts([3004]);
    await vi.advanceTimersByTimeAsync(0);
    expect(edge.calls.slice(2), "the attach had the ports of that moment").toEqual([]);
    announcer.reportPorts(guest);
    await vi.advanceTimersByTimeAsync(1000);
    expect(edge.calls.slice(2)).toEqual(["ports 3004"]);
  });

  test("reportPorts() is not repeated for a guest that was replaced", async () => {
    const guest = createGuest(ID);
    const { held, table } = createTable(guest);
    edge.outcomes.push(new EdgeError("no", 503));
    create(table).reportPorts(guest);
    await vi.advanceTimersByTimeAsync(0);
    held.set(ID, createGuest(ID));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(edge.calls).toEqual(["ports 3000"]);
  });

  test("describe() tells what the edge has accepted from what it has refused", async () => {
    const guest = createGuest(ID);
    create(createTable(guest).table);
    expect(announcer.describe(guest)).toEqual({ edgeKnows: false });
    edge.outcomes.push(new EdgeError("no such workspace", 404));
    await expect(announcer.announceAttach(guest)).rejects.toThrow();
    expect(announcer.describe(guest)).toEqual({ edgeKnows: false, edgeRefusal: "no such workspace" });
    await announcer.announceAttach(guest);
    expect(announcer.describe(guest)).toEqual({ edgeKnows: true });
  });

  test("a failed call about one sandbox delays no call about another", async () => {
    const first = createGuest(ID);
    const second = createGuest(OTHER_ID);
    edge.outcomes.push(new EdgeError("no", 0));
    create(createTable(first, second).table);
    void announcer.announceAttach(first);
    await announcer.announceAttach(second);
    expect(edge.calls).toEqual([`attach ${first.generation}`, `attach ${second.generation}`]);
  });

  test("start() announces every guest, sends a heartbeat every 15 s, and announces again what the edge has lost", async () => {
    const guest = createGuest(ID);
    create(createTable(guest).table).start();
    await vi.advanceTimersByTimeAsync(0);
    expect(edge.calls).toEqual(["heartbeat 1", `attach ${guest.generation}`]);
    edge.missing = [ID, "unknown"];
    await vi.advanceTimersByTimeAsync(14_999);
    expect(edge.calls).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(edge.calls.slice(2)).toEqual(["heartbeat 1", `attach ${guest.generation}`]);
  });

  test("start() sends heartbeats also after one that failed", async () => {
    create(createTable().table).start();
    await vi.advanceTimersByTimeAsync(0);
    edge.outcomes.push(new EdgeError("no", 503));
    await vi.advanceTimersByTimeAsync(15_000);
    expect(announcer.status()).toMatchObject({ failure: "no", heardAtMs: expect.any(Number) });
    await vi.advanceTimersByTimeAsync(15_000);
    expect(edge.calls).toEqual(["heartbeat 0", "heartbeat 0", "heartbeat 0"]);
    expect(announcer.status()).toEqual({ heardAtMs: expect.any(Number) });
  });

  test.each([503, 409])(
    "start() announces nothing before a heartbeat is accepted, and repeats one refused with %i sooner",
    async (status) => {
      const guest = createGuest(ID);
      edge.outcomes.push(new EdgeError("no", status), new EdgeError("no", status));
      create(createTable(guest).table).start();
      await vi.advanceTimersByTimeAsync(749);
      expect(edge.calls).toEqual(["heartbeat 1", "heartbeat 1"]);
      await vi.advanceTimersByTimeAsync(1);
      expect(edge.calls.slice(2)).toEqual(["heartbeat 1", `attach ${guest.generation}`]);
    },
  );

  test("start() has a guest whose generation the edge has ended announced anew, and no other one", async () => {
    const guest = createGuest(ID);
    const overtaken = createGuest(OTHER_ID);
    edge.outcomes.push(
      undefined,
      new EdgeError("ended", 409, { code: "generation_ended" }),
      new EdgeError("overtaken", 409, { code: "conflict" }),
    );
    create(createTable(guest, overtaken).table).start();
    await vi.advanceTimersByTimeAsync(0);
    expect(renewed).toEqual([guest]);
    expect(announcer.describe(overtaken)).toEqual({ edgeKnows: false, edgeRefusal: "overtaken" });
  });

  test("stop() ends retries and heartbeats", async () => {
    const guest = createGuest(ID);
    edge.outcomes.push(undefined, new EdgeError("no", 0));
    create(createTable(guest).table).start();
    const announced = announcer.announceAttach(guest);
    await vi.advanceTimersByTimeAsync(0);
    announcer.stop();
    expect(await announced).toBe(false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(edge.calls).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("start() announces also a guest whose ports are being reported at that moment", async () => {
    const guest = createGuest(ID);
    create(createTable(guest).table).start();
    announcer.reportPorts(guest);
    await vi.advanceTimersByTimeAsync(0);
    expect(edge.calls).toContain(`attach ${guest.generation}`);
    expect(announcer.describe(guest).edgeKnows).toBe(true);
  });
});
