import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AbandonedError } from "../../../../connector/guests/abandoned-error.ts";
import type { Guest } from "../../../../connector/guests/guest.ts";
import type { GuestRecord } from "../../../../connector/guests/guest-record.ts";
import { GuestStore } from "../../../../connector/guests/guest-store.ts";
import { GuestTable } from "../../../../connector/guests/guest-table.ts";
import { guestOfferSchema } from "../../../../shared/protocol/control-api.ts";

const NOW_MS = 1_800_000_000_000;
const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const OTHER_ID = "1f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const OFFER = guestOfferSchema.parse({ sandboxId: ID, workspace: "ws_1", address: "10.0.0.2" });

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "guests-"));
});

afterEach(() => rm(directory, { recursive: true }));

describe("GuestTable", () => {
  function createTable() {
    const detached: Guest[] = [];
    const table = new GuestTable({
      store: new GuestStore(directory),
      onPortsChange() {},
      onDetach: (guest) => detached.push(guest),
    });
    return { table, detached };
  }

  async function stored(): Promise<readonly GuestRecord[]> {
    return (await new GuestStore(directory).load()).records;
  }

  /** As it is now; to load the directory would remove what an attach is writing. */
  async function readRecord(): Promise<unknown> {
    return JSON.parse(await readFile(join(directory, `${ID}.json`), "utf8"));
  }

  test("attach() makes a guest findable and durable", async () => {
    const { table, detached } = createTable();
    const guest = await table.attach(OFFER, NOW_MS);
    expect(table.find(ID)).toBe(guest);
    expect(table.list()).toEqual([guest]);
    expect(await stored()).toEqual([guest.record]);
    expect(detached).toEqual([]);
  });

  test("attach() starts a new generation and ends the former", async () => {
    const { table, detached } = createTable();
    const former = await table.attach(OFFER, NOW_MS);
    const guest = await table.attach({ ...OFFER, address: "10.0.0.3" }, NOW_MS + 1);
    expect(guest.generation).not.toBe(former.generation);
    expect(table.find(ID)).toBe(guest);
    expect(detached).toEqual([former]);
    expect(await stored()).toEqual([guest.record]);
  });

  test.each([
    ["the same millisecond", 0],
    ["a clock that was set back", -119_000],
  ])("attach() in %s starts later than the former generation", async (_case, stepMs) => {
    const { table } = createTable();
    await table.attach(OFFER, NOW_MS);
    expect((await table.attach(OFFER, NOW_MS + stepMs)).generation).toMatch(/^1800000000001-/);
    await table.detach(ID);
    expect((await table.attach(OFFER, NOW_MS + stepMs)).generation, "detached").toMatch(/^1800000000002-/);
    const { table: restarted } = createTable();
    await restarted.load();
    expect((await restarted.attach(OFFER, NOW_MS + stepMs)).generation, "loaded").toMatch(/^1800000000003-/);
    const other = await restarted.attach({ ...OFFER, sandboxId: OTHER_ID }, NOW_MS);
    expect(other.generation, "another sandbox").toMatch(/^1800000000000-/);
  });

  test("attach() starts now where the former generation did in a future that the edge refuses", async () => {
    const { table } = createTable();
    await table.attach(OFFER, NOW_MS + 3_600_000);
    expect((await table.attach(OFFER, NOW_MS)).generation).toMatch(/^1800000000000-/);
    expect((await table.attach(OFFER, NOW_MS)).generation).toMatch(/^1800000000001-/);
  });

  test("attach() twice at once leaves the later one, and abandons the earlier", async () => {
    const { table, detached } = createTable();
    const [earlier, later] = await Promise.allSettled([
      table.attach(OFFER, NOW_MS),
      table.attach(OFFER, NOW_MS + 1),
    ]);
    expect(earlier).toMatchObject({ status: "rejected", reason: expect.any(AbandonedError) });
    const guest = later.status === "fulfilled" ? later.value : undefined;
    expect(table.find(ID)).toBe(guest);
    expect(detached).toEqual([]);
    expect(await stored()).toEqual([guest?.record]);
  });

  test("attach() holds a guest while it is confirmed, and then replaces the former one", async () => {
    const { table, detached } = createTable();
    const former = await table.attach(OFFER, NOW_MS);
    const seen: unknown[] = [];
    const guest = await table.attach(OFFER, NOW_MS + 1, async (arriving) => {
      seen.push(table.holds(arriving), table.find(ID) === former, detached.length, await readRecord());
      expect(table.findArriving(ID, arriving.generation)).toBeInstanceOf(Promise);
      expect(table.findArriving(ID, former.generation)).toBeUndefined();
      expect([table.list(), table.listWithArriving()]).toEqual([[former], [arriving]]);
    });
    expect(seen).toEqual([true, true, 0, former.record]);
    expect([table.find(ID), detached]).toEqual([guest, [former]]);
    expect(table.findArriving(ID, guest.generation)).toBeUndefined();
    expect([table.holds(former), table.holds(guest)]).toEqual([false, true]);
    expect(table.listWithArriving()).toEqual([guest]);
  });

  test("attach() that is not confirmed changes nothing", async () => {
    const { table, detached } = createTable();
    const former = await table.attach(OFFER, NOW_MS);
    const refused = table.attach(OFFER, NOW_MS + 1, () => Promise.reject(new Error("no")));
    await expect(refused).rejects.toThrow("no");
    expect([table.find(ID), detached]).toEqual([former, []]);
    expect(await stored()).toEqual([former.record]);
    expect(await readdir(directory)).toEqual([`${ID}.json`]);
  });

  test("renew() attaches a guest as it is in a new generation", async () => {
    const { table, detached } = createTable();
    const former = await table.attach({ ...OFFER, ports: [3000] }, NOW_MS);
    former.reportPorts([8080]);
    const guest = await table.renew(former, NOW_MS);
    expect(guest?.record).toEqual({ ...former.record, ports: [8080], generation: guest?.generation });
    expect(guest?.generation).not.toBe(former.generation);
    expect([table.find(ID), detached]).toEqual([guest, [former]]);
    expect(await table.renew(former, NOW_MS), "not attached any more").toBeUndefined();
  });

  test("renew() does nothing while the sandbox is being attached", async () => {
    const { table } = createTable();
    const former = await table.attach(OFFER, NOW_MS);
    const attaching = table.attach(OFFER, NOW_MS);
    expect(await table.renew(former, NOW_MS)).toBeUndefined();
    const guest = await attaching;
    expect(table.find(ID)).toBe(guest);
  });

  test("detach() ends a guest before its first await, and forgets its file", async () => {
    const { table, detached } = createTable();
    const guest = await table.attach(OFFER, NOW_MS);
    const ending = table.detach(ID);
    expect(table.find(ID)).toBeUndefined();
    expect(detached).toEqual([guest]);
    expect(await ending).toBe(guest);
    expect(await stored()).toEqual([]);
  });

  test("detach() abandons an attach that is under way, and returns its guest", async () => {
    const { table, detached } = createTable();
    const attaching = table.attach(OFFER, NOW_MS);
    const [attached, ended] = await Promise.allSettled([attaching, table.detach(ID)]);
    expect(attached).toMatchObject({ status: "rejected", reason: expect.any(AbandonedError) });
    expect(ended).toMatchObject({ status: "fulfilled", value: { sandboxId: ID } });
    expect(detached).toEqual([]);
    expect(table.find(ID)).toBeUndefined();
    expect(await stored()).toEqual([]);
  });

  test("attach() after a detach that is still writing stays", async () => {
    const { table } = createTable();
    await table.attach(OFFER, NOW_MS);
    const [, guest] = await Promise.all([table.detach(ID), table.attach(OFFER, NOW_MS + 1)]);
    expect(table.find(ID)).toBe(guest);
    expect(await stored()).toEqual([guest.record]);
  });

  test("attach() that cannot be written keeps the former guest", async () => {
    const { table, detached } = createTable();
    const former = await table.attach(OFFER, NOW_MS);
    await rm(directory, { recursive: true });
    await expect(table.attach(OFFER, NOW_MS + 1)).rejects.toThrow(/ENOENT/);
    expect(table.find(ID)).toBe(former);
    expect(detached).toEqual([]);
    await new GuestStore(directory).load();
  });

  test("detach() of a guest that is not there finds nothing", async () => {
    expect(await createTable().table.detach(ID)).toBeUndefined();
  });

  test("load() brings back generations as they were", async () => {
    const guest = await createTable().table.attach({ ...OFFER, ports: [3000] }, NOW_MS);
    const { table } = createTable();
    expect(await table.load()).toEqual([]);
    expect(table.find(ID)?.generation).toBe(guest.generation);
    expect(table.find(ID)?.ports).toEqual([3000]);
  });
});
