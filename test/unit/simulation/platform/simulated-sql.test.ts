import { describe, expect, test } from "vitest";
import { SimulatedSql } from "../../../../simulation/platform/simulated-sql.ts";

const MEMBERS = "CREATE TABLE IF NOT EXISTS members (id TEXT PRIMARY KEY, started TEXT) WITHOUT ROWID";
const OUTBOX = "CREATE TABLE IF NOT EXISTS outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, link TEXT)";
const NAMES = "CREATE TABLE IF NOT EXISTS names (name TEXT PRIMARY KEY, place TEXT UNIQUE)";

function createSql() {
  const rows: { read: number; written: Record<string, number> } = { read: 0, written: {} };
  const sql = new SimulatedSql({
    read: (count) => {
      rows.read += count;
    },
    write: (count, place) => {
      rows.written[place] = (rows.written[place] ?? 0) + count;
    },
  });
  return { sql, rows };
}

describe("SimulatedSql", () => {
  test("counts two rows for a table, once for each object", () => {
    const { sql, rows } = createSql();
    sql.exec(MEMBERS);
    sql.exec(MEMBERS);
    expect(rows.written).toEqual({ schema: 2 });
  });

  test("counts the rows of an index and of the first AUTOINCREMENT, too", () => {
    const { sql, rows } = createSql();
    sql.exec(OUTBOX);
    expect(rows.written.schema).toBe(4);
    sql.exec(NAMES);
    expect(rows.written.schema).toBe(8);
    sql.exec("CREATE INDEX by_place ON names (place)");
    expect(rows.written.schema).toBe(9);
  });

  test("counts a row for each row that changes, and none for one that is not there", () => {
    const { sql, rows } = createSql();
    sql.exec(MEMBERS);
    for (const id of ["a", "b", "c"]) sql.exec("INSERT INTO members VALUES (?, 'now')", id);
    expect(rows.written.members).toBe(3);
    sql.exec("INSERT INTO members VALUES ('a', 'now') ON CONFLICT (id) DO UPDATE SET started = 'later'");
    expect(rows.written.members).toBe(4);
    sql.exec("DELETE FROM members WHERE id = 'x'");
    expect(rows.written.members).toBe(4);
    sql.exec("DELETE FROM members WHERE id = 'c' RETURNING id");
    expect(rows.written.members).toBe(5);
    sql.exec("DELETE FROM members");
    expect(rows.written.members).toBe(7);
  });

  test("counts a row more for each index, and for a sequence number", () => {
    const { sql, rows } = createSql();
    sql.exec(NAMES);
    sql.exec("INSERT INTO names VALUES ('a', 'b')");
    expect(rows.written.names).toBe(3);
    sql.exec(OUTBOX);
    sql.exec("INSERT INTO outbox (link) VALUES ('a')");
    expect(rows.written.outbox).toBe(2);
  });

  test("counts the rows that a query returns, and all of a table that it has to read through", () => {
    const { sql, rows } = createSql();
    sql.exec(MEMBERS);
    for (let id = 0; id < 10; id++) sql.exec("INSERT INTO members VALUES (?, 'now')", `member-${id}`);
    const readBy = (query: string) => {
      const before = rows.read;
      const result = [...sql.exec(query)];
      return [result.length, rows.read - before];
    };
    expect(readBy("SELECT * FROM members WHERE id = 'member-3'")).toEqual([1, 1]);
    expect(readBy("SELECT * FROM members WHERE id = 'x'")).toEqual([0, 0]);
    expect(readBy("SELECT * FROM members LIMIT 4")).toEqual([4, 4]);
    expect(readBy("SELECT COUNT(*) AS count FROM members")).toEqual([1, 10]);
    expect(readBy("DELETE FROM members WHERE started = 'never'")).toEqual([0, 10]);
  });

  test("responds to an aggregate of a table that never had a row", () => {
    const { sql } = createSql();
    sql.exec(MEMBERS);
    expect([...sql.exec("SELECT COUNT(*) AS count FROM members")]).toEqual([{ count: 0 }]);
    expect([...sql.exec("SELECT * FROM members")]).toEqual([]);
  });

  test("forgets everything at once", () => {
    const { sql, rows } = createSql();
    sql.exec(MEMBERS);
    sql.exec("INSERT INTO members VALUES ('a', 'now')");
    sql.clear();
    expect(sql.isEmpty).toBe(true);
    sql.exec(MEMBERS);
    expect(rows.written.schema).toBe(4);
    expect([...sql.exec("SELECT * FROM members")]).toEqual([]);
  });
});
