import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Attachments } from "../../../connector/attachments.ts";
import { callControl } from "../../../connector/control/call-control.ts";
import { createControlServer } from "../../../connector/control/create-control-server.ts";
import { Announcer } from "../../../connector/edge/announcer.ts";
import { GuestStore } from "../../../connector/guests/guest-store.ts";
import { GuestTable } from "../../../connector/guests/guest-table.ts";
import { StateError } from "../../../connector/state/state-error.ts";
import { runCommand } from "../../../lab/run-command.ts";
import { guestOfferSchema } from "../../../shared/protocol/control-api.ts";
import { FakeEdge } from "../../support/connector/fake-edge.ts";

const LOG = pino({ level: "silent" });
const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const OTHER_ID = "1f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const OFFER = guestOfferSchema.parse({ sandboxId: ID, workspace: "ws_1", address: "10.0.0.2" });

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "guest-files-"));
});

afterEach(() => rm(directory, { recursive: true }));

async function createTable(store = new GuestStore(directory)): Promise<GuestTable> {
  const table = new GuestTable({ store, onPortsChange() {}, onDetach() {} });
  await table.load();
  return table;
}

describe("5.2: the guest store", () => {
  test.each([
    ["EISDIR", (path: string) => mkdir(path)],
    ["ELOOP", (path: string) => symlink(path, path)],
  ])(
    "stops the start at a file that it cannot read (%s), and leaves it and its neighbours alone",
    async (code, make) => {
      await (await createTable()).attach(OFFER, Date.now());
      const path = join(directory, `${OTHER_ID}.json`);
      await make(path);
      await expect(createTable()).rejects.toThrow(StateError);
      await expect(createTable()).rejects.toThrow(new RegExp(`cannot read ${path}: ${code}`));
      expect((await readdir(directory)).sort()).toEqual([`${ID}.json`, `${OTHER_ID}.json`]);
    },
  );

  test("stops the start where it cannot read its directory", async () => {
    await writeFile(join(directory, "guests"), "no directory");
    const store = new GuestStore(join(directory, "guests"));
    await expect(createTable(store)).rejects.toThrow(StateError);
  });

  test("sets aside only what parses wrongly", async () => {
    await (await createTable()).attach(OFFER, Date.now());
    await writeFile(join(directory, `${OTHER_ID}.json`), "{");
    const table = await createTable();
    expect(table.list()).toHaveLength(1);
    expect(await readFile(join(directory, `${OTHER_ID}.json.bad`), "utf8")).toBe("{");
  });

  test("removes temporary files at the start", async () => {
    await writeFile(join(directory, `${ID}.json.1700000000000-abcdefgh.tmp`), "{");
    await createTable();
    expect(await readdir(directory)).toEqual([]);
  });
});

describe("5.2: a full disk", () => {
  let disk: string;

  beforeEach(async () => {
    disk = join(directory, "disk");
    await mkdir(disk);
    await runCommand("mount", ["-t", "tmpfs", "-o", "size=16k", "tmpfs", disk]);
  });

  afterEach(() => runCommand("umount", [disk]));

  test("is named in the response to attach, and changes nothing: neither here nor at the edge", async () => {
    const edge = new FakeEdge();
    const guests = await createTable(new GuestStore(disk));
    const announcer = new Announcer({ edge: edge.client, guests, log: LOG, renew: async () => {} });
    const attachments = new Attachments({ guests, announcer, addresses: { allowLoopback: false }, log: LOG });
    const socketPath = join(directory, "control.sock");
    const control = await createControlServer({
      place: socketPath,
      guests,
      attachments,
      announcer,
      relays: { stats: () => ({}) as never },
      status: () => ({}) as never,
      log: LOG,
    });
    await callControl(socketPath, "POST", "/guests", OFFER);
    const former = guests.find(ID);
    const callsBefore = edge.calls.length;
    await fill(disk);

    const attaching = callControl(socketPath, "POST", "/guests", { ...OFFER, address: "10.0.0.3" });
    await expect(attaching).rejects.toMatchObject({
      status: 507,
      message: `cannot write ${join(disk, ID)}.json: no space is left on its disk (ENOSPC)`,
    });
    expect(guests.find(ID)).toBe(former);
    expect(edge.calls.length).toBe(callsBefore);
    expect((await readdir(disk)).sort()).toEqual([`${ID}.json`, "filler"]);
    await rm(join(disk, "filler"));
    expect((await createTable(new GuestStore(disk))).find(ID)?.record).toEqual(former?.record);
    control.close();
  });

  async function fill(where: string): Promise<void> {
    await expect(writeFile(join(where, "filler"), "x".repeat(64 * 1024))).rejects.toThrow("ENOSPC");
  }
});
