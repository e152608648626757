import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
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

  test("attach() twice at once leaves the later one, and ends the earlier", async () => {
    const { table, detached } = createTable();
    const [earlier, later] = await Promise.all([
      table.attach(OFFER, NOW_MS),
      table.attach(OFFER, NOW_MS + 1),
    ]);
    expect(table.find(ID)).toBe(later);
    expect(detached).toEqual([earlier]);
    expect(await stored()).toEqual([later.record]);
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

  test("detach() ends a guest whose attach is under way", async () => {
    const { table, detached } = createTable();
    const attaching = table.attach(OFFER, NOW_MS);
    const ended = await table.detach(ID);
    expect(ended).toBe(await attaching);
    expect(detached).toEqual([ended]);
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
