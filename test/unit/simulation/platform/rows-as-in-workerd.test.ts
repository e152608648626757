import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SimulatedStorage } from "../../../../simulation/platform/simulated-storage.ts";

/** Responds with the rows that each statement has written, as Cloudflare bills them, and the size of the database. */
const WORKER = `
import { DurableObject } from "cloudflare:workers";
export class Billed extends DurableObject {
  async run(statements) {
    const { sql, kv } = this.ctx.storage;
    kv.put("route", { port: 3000 });
    await this.ctx.storage.setAlarm(Date.now() + 3_600_000);
    const rows = statements.map((statement) => {
      const cursor = sql.exec(statement);
      cursor.toArray();
      return cursor.rowsWritten;
    });
    return { rows, bytes: sql.databaseSize };
  }
  alarm() {}
}
export default {
  async fetch(request, { BILLED }) {
    return Response.json(await BILLED.getByName("one").run(await request.json()));
  },
};
`;

/** The tables and the kinds of statements that the edge's objects have. */
const STATEMENTS = [
  "CREATE TABLE IF NOT EXISTS guests (id TEXT PRIMARY KEY, workspace TEXT NOT NULL) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS guests (id TEXT PRIMARY KEY, workspace TEXT NOT NULL) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS pending (id TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, link TEXT)",
  "CREATE TABLE IF NOT EXISTS audit (slot INTEGER PRIMARY KEY, seq INTEGER NOT NULL)",
  "CREATE TABLE IF NOT EXISTS names (name TEXT PRIMARY KEY, place TEXT UNIQUE)",
  "INSERT INTO guests VALUES ('a', 'w')",
  "INSERT INTO guests VALUES ('b', 'w')",
  "INSERT INTO guests VALUES ('b', 'v') ON CONFLICT (id) DO UPDATE SET workspace = excluded.workspace",
  "INSERT OR IGNORE INTO guests VALUES ('b', 'w')",
  "INSERT INTO pending SELECT id, 1 FROM guests WHERE true ON CONFLICT (id) DO UPDATE SET revision = 2",
  "DELETE FROM pending WHERE id = 'a' AND revision = 1",
  "DELETE FROM pending WHERE id = 'a' AND revision = 1",
  "DELETE FROM guests WHERE id = 'a' RETURNING id",
  "DELETE FROM guests WHERE id = 'a' RETURNING id",
  "SELECT COUNT(*) AS count FROM guests",
  "INSERT INTO outbox (link) VALUES ('a')",
  "INSERT INTO outbox (link) VALUES ('b')",
  "DELETE FROM outbox WHERE seq <= 1",
  "DELETE FROM outbox",
  "DELETE FROM outbox",
  "INSERT INTO audit VALUES (1, 1) ON CONFLICT (slot) DO UPDATE SET seq = excluded.seq",
  "INSERT INTO audit VALUES (1, 2) ON CONFLICT (slot) DO UPDATE SET seq = excluded.seq",
  "INSERT INTO names VALUES ('a', 'b')",
  "UPDATE guests SET workspace = 'u' WHERE id = 'b'",
  "UPDATE guests SET id = 'c', workspace = 'w' WHERE id = 'b'",
  "UPDATE guests SET workspace = 'u' WHERE id = 'a'",
];

describe("SimulatedStorage beside workerd", () => {
  let miniflare: Miniflare;
  beforeAll(async () => {
    miniflare = new Miniflare(
      convertV4MiniflareOptions({
        modules: [{ type: "ESModule", path: "billed.mjs", contents: WORKER }],
        compatibilityDate: "2026-11-02",
        durableObjects: { BILLED: { className: "Billed", useSQLite: true } },
        cf: false,
        host: "127.0.0.1",
        port: 0,
      }),
    );
    await miniflare.ready;
  });
  afterAll(() => miniflare.dispose());

  test("counts the same rows for each statement, and the same size", async () => {
    let rowsWritten = 0;
    const meter = {
      read: () => {},
      write: (rows: number) => {
        rowsWritten += rows;
      },
    };
    const storage = new SimulatedStorage(meter, () => {});
    storage.kv.put("route", { port: 3000 });
    await storage.setAlarm(3_600_000);
    const rows = STATEMENTS.map((statement) => {
      rowsWritten = 0;
      storage.sql.exec(statement);
      return rowsWritten;
    });
    const response = await miniflare.dispatchFetch("http://workerd/", {
      method: "POST",
      body: JSON.stringify(STATEMENTS),
    });
    expect({ rows, bytes: storage.bytes }).toEqual(await response.json());
  });
});
