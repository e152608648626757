import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Guest } from "../../../../connector/guests/guest.ts";
import type { GuestRecord } from "../../../../connector/guests/guest-record.ts";
import { guestRecordSchema } from "../../../../connector/guests/guest-record.ts";
import { GuestStore } from "../../../../connector/guests/guest-store.ts";
import { GuestTable } from "../../../../connector/guests/guest-table.ts";
import { createGeneration } from "../../../../shared/generation.ts";
import { guestOfferSchema } from "../../../../shared/protocol/control-api.ts";

const NOW_MS = 1_800_000_000_000;
const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const OTHER_ID = "1f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const OFFER = guestOfferSchema.parse({ sandboxId: ID, workspace: "ws_1", address: "10.0.0.2" });
const RECORD: GuestRecord = { ...OFFER, generation: createGeneration(NOW_MS) };

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "guests-"));
});

afterEach(() => rm(directory, { recursive: true }));

describe("createGeneration()", () => {
  test("begins with unix milliseconds in 13 digits and is unique", () => {
    expect(createGeneration(NOW_MS)).toMatch(/^1800000000000-[0-9a-f]{8}$/);
    expect(createGeneration(5)).toMatch(/^0000000000005-[0-9a-f]{8}$/);
    expect(new Set(Array.from({ length: 100 }, () => createGeneration(NOW_MS))).size).toBe(100);
  });
});

describe("guestOfferSchema", () => {
  test("applies defaults and lower-cases the id", () => {
    expect(guestOfferSchema.parse({ ...OFFER, sandboxId: ID.toUpperCase() })).toEqual({
      sandboxId: ID,
      workspace: "ws_1",
      address: "10.0.0.2",
      ports: [],
      publicPorts: [],
    });
  });

  test.each([
    ["no UUID", { sandboxId: "x" }],
    ["a hostname for an address", { address: "guest.internal" }],
    ["an address with a port", { address: "10.0.0.2:80" }],
    ["no workspace", { workspace: "" }],
    ["a path for a tap", { tap: "../tap0" }],
    ["a tap name too long for Linux", { tap: "t".repeat(16) }],
    ["port 0", { ports: [0] }],
    ["port 65536", { ports: [65_536] }],
    ["33 ports", { ports: Array.from({ length: 33 }, (_, index) => index + 1) }],
    ["an unknown member", { adress: "10.0.0.2" }],
  ])("refuses %s", (_case, change) => {
    expect(guestOfferSchema.safeParse({ ...OFFER, ...change }).success).toBe(false);
  });

  test("guestRecordSchema needs a generation of the right form", () => {
    expect(guestRecordSchema.safeParse(RECORD).success).toBe(true);
    expect(guestRecordSchema.safeParse({ ...RECORD, generation: "5-abc" }).success).toBe(false);
    expect(guestRecordSchema.safeParse(OFFER).success).toBe(false);
  });
});

describe("GuestStore", () => {
  test("load() gives back what save() wrote, without a temporary file left", async () => {
    const store = new GuestStore(directory);
    await store.save(RECORD);
    expect(await readdir(directory)).toEqual([`${ID}.json`]);
    expect(await new GuestStore(directory).load()).toEqual({ records: [RECORD], quarantined: [] });
  });

  test("save() writes files that only their owner reads", async () => {
    await new GuestStore(directory).save(RECORD);
    expect((await stat(join(directory, `${ID}.json`))).mode & 0o777).toBe(0o600);
  });

  test("save() replaces a record whole, and never shows a reader half of one", async () => {
    const store = new GuestStore(directory);
    await store.save(RECORD);
    const ports = Array.from({ length: 32 }, (_, index) => index + 1000);
    const writing = store.save({ ...RECORD, ports });
    let finished = false;
    const done = writing.then(() => {
      finished = true;
    });
    while (!finished) {
      const text = await readFile(join(directory, `${ID}.json`), "utf8");
      expect([0, 32]).toContain(guestRecordSchema.parse(JSON.parse(text)).ports.length);
    }
    await done;
    expect((await store.load()).records).toEqual([{ ...RECORD, ports }]);
  });

  test("load() makes a missing directory", async () => {
    expect(await new GuestStore(join(directory, "a", "b")).load()).toEqual({ records: [], quarantined: [] });
  });

  test("load() ignores what a crash between writing and renaming left", async () => {
    await writeFile(join(directory, `${ID}.json.${RECORD.generation}.tmp`), `{"sandb`);
    expect(await new GuestStore(directory).load()).toEqual({ records: [], quarantined: [] });
  });

  test.each([
    ["an empty file", ""],
    ["half a file", JSON.stringify(RECORD).slice(0, 40)],
    ["a record of another shape", JSON.stringify({ ...RECORD, address: "everywhere" })],
    ["another sandbox's record", JSON.stringify(RECORD)],
  ])("load() sets %s aside while the rest loads", async (_case, text) => {
    const store = new GuestStore(directory);
    await store.save(RECORD);
    const bad = join(directory, `${OTHER_ID}.json`);
    await writeFile(bad, text);
    expect(await store.load()).toEqual({ records: [RECORD], quarantined: [`${bad}.bad`] });
    expect(await readFile(`${bad}.bad`, "utf8")).toBe(text);
    expect(await store.load()).toEqual({ records: [RECORD], quarantined: [] });
  });

  test("remove() forgets a guest, and one that is not there", async () => {
    const store = new GuestStore(directory);
    await store.save(RECORD);
    await store.remove(ID);
    await store.remove(ID);
    expect(await store.load()).toEqual({ records: [], quarantined: [] });
  });
});

describe("GuestTable", () => {
  function createTable() {
    const detached: Guest[] = [];
    const changed: Guest[] = [];
    const table = new GuestTable({
      store: new GuestStore(directory),
      onPortsChange: (guest) => changed.push(guest),
      onDetach: (guest) => detached.push(guest),
    });
    return { table, detached, changed };
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

  test("Guest.reportPorts() tells the change, ascending, at most 32", async () => {
    const { table, changed } = createTable();
    const guest = await table.attach(OFFER, NOW_MS);
    guest.reportPorts([8080, 3000]);
    expect(guest.ports).toEqual([3000, 8080]);
    expect(changed).toEqual([guest]);
    guest.reportPorts(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(guest.ports).toHaveLength(32);
  });
});
