import { describe, expect, test, vi } from "vitest";
import { SimulatedStorage } from "../../../../simulation/platform/simulated-storage.ts";

const TABLE = "CREATE TABLE IF NOT EXISTS members (id TEXT PRIMARY KEY) WITHOUT ROWID";

function createStorage() {
  const read = vi.fn<(rows: number) => void>();
  const write = vi.fn<(rows: number, place: string) => void>();
  const expectAlarm = vi.fn<(unixMs: number) => void>();
  return { storage: new SimulatedStorage({ read, write }, expectAlarm), read, write, expectAlarm };
}

describe("SimulatedStorage", () => {
  test("counts a row for each key that is put, deleted or read, and none for one that is not there", () => {
    const { storage, read, write } = createStorage();
    storage.kv.get("route");
    storage.kv.delete("route");
    expect(read).not.toHaveBeenCalled();
    expect(write).not.toHaveBeenCalled();
    storage.kv.put("route", { port: 3000 });
    storage.kv.get("route");
    storage.kv.delete("route");
    expect(read.mock.calls).toEqual([[1]]);
    expect(write.mock.calls).toEqual([
      [1, "route"],
      [1, "route"],
    ]);
  });

  test("counts keys with the same prefix as one place", () => {
    const { storage, write } = createStorage();
    storage.kv.put("revoked:1", 1);
    storage.kv.put("revoked:2", 2);
    storage.kv.put("other", 3);
    expect([...storage.kv.list({ prefix: "revoked:" })]).toEqual([
      ["revoked:1", 1],
      ["revoked:2", 2],
    ]);
    expect(write.mock.calls.map(([, place]) => place)).toEqual(["revoked", "revoked", "other"]);
  });

  test("counts a row for an alarm that is set, and none for one that is deleted", async () => {
    const { storage, write, expectAlarm } = createStorage();
    await storage.setAlarm(5_000);
    expect(write.mock.calls).toEqual([[1, "alarm"]]);
    expect(expectAlarm).toHaveBeenCalledWith(5_000);
    await storage.deleteAlarm();
    expect(write).toHaveBeenCalledTimes(1);
    expect(storage.takeAlarm(5_000)).toBe(false);
  });

  test("has no bytes before the first write, and none after deleteAll()", async () => {
    const { storage } = createStorage();
    storage.kv.get("route");
    expect(storage.bytes).toBe(0);
    storage.kv.put("route", "there");
    await storage.setAlarm(5_000);
    storage.sql.exec(TABLE);
    expect(storage.bytes).toBe(16_384);
    await storage.deleteAll();
    expect(storage.bytes).toBe(0);
    expect(storage.alarmMs).toBeUndefined();
  });

  test("grows by pages, for keys as for tables", () => {
    const { storage } = createStorage();
    storage.kv.put("small", "x".repeat(100));
    expect(storage.bytes).toBe(8_192);
    storage.kv.put("large", "x".repeat(10_000));
    expect(storage.bytes).toBe(16_384);
    storage.sql.exec(TABLE);
    for (let id = 0; id < 1_000; id++) storage.sql.exec("INSERT INTO members VALUES (?)", `member-${id}`);
    expect(storage.bytes).toBeGreaterThan(24_000);
    expect(storage.bytes % 4_096).toBe(0);
  });
});
