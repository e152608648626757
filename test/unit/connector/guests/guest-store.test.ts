import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { GuestRecord } from "../../../../connector/guests/guest-record.ts";
import { guestRecordSchema } from "../../../../connector/guests/guest-record.ts";
import { GuestStore } from "../../../../connector/guests/guest-store.ts";
import { StateError } from "../../../../connector/state/state-error.ts";
import { createGeneration } from "../../../../shared/generation.ts";
import { guestOfferSchema } from "../../../../shared/protocol/control-api.ts";

const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const OTHER_ID = "1f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const OFFER = guestOfferSchema.parse({ sandboxId: ID, workspace: "ws_1", address: "10.0.0.2" });
const RECORD: GuestRecord = { ...OFFER, generation: createGeneration(1_800_000_000_000) };

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "guest-store-"));
});

afterEach(() => rm(directory, { recursive: true }));

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

  test("load() removes what a crash between writing and renaming left", async () => {
    await writeFile(join(directory, `${ID}.json.${RECORD.generation}.tmp`), `{"sandb`);
    expect(await new GuestStore(directory).load()).toEqual({ records: [], quarantined: [] });
    expect(await readdir(directory)).toEqual([]);
  });

  test("load() stops at a file that it cannot read, and leaves it where it is", async () => {
    const store = new GuestStore(directory);
    await store.save(RECORD);
    await mkdir(join(directory, `${OTHER_ID}.json`));
    await expect(store.load()).rejects.toThrow(StateError);
    await expect(store.load()).rejects.toThrow(`cannot read ${join(directory, OTHER_ID)}.json: EISDIR`);
    expect(await readdir(directory)).toEqual([`${ID}.json`, `${OTHER_ID}.json`]);
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
