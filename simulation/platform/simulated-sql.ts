import type { SQLInputValue, StatementSync } from "node:sqlite";
import { DatabaseSync } from "node:sqlite";
import type { RowMeter } from "./row-meter.ts";
import type { TableShape } from "./schema-shape.ts";
import { schemaShape } from "./schema-shape.ts";

interface Prepared {
  readonly statement: StatementSync;
  readonly returnsRows: boolean;
  readonly kind: "select" | "insert" | "other";
  readonly table: string;
  readonly shape: TableShape | undefined;
  /** The table of which it reads every row. */
  readonly scans: string | undefined;
}

/** A query that has a result, or writes, although its table has no row. */
const NEEDS_DATABASE = /^\s*INSERT\b|\b(COUNT|MAX|MIN|SUM|TOTAL)\s*\(/i;

/**
 * The tables of one object: SQLite as in production, but opened only once there is a row, since most of a million objects
 * never write one.
 *
 * Counts rows as workerd does: a deleted row is a written one, each index of a table is one more, and what is not there
 * costs nothing.
 */
export class SimulatedSql {
  readonly #meter: RowMeter;
  readonly #schema: string[] = [];
  readonly #prepared = new Map<string, Prepared>();
  #database: DatabaseSync | undefined;

  constructor(meter: RowMeter) {
    this.#meter = meter;
  }

  get isEmpty(): boolean {
    return this.#schema.length === 0;
  }

  /** Of the database, its schema included. */
  get pages(): number {
    if (this.#database === undefined) return schemaShape(this.#schema).pages;
    const [size] = this.#database.prepare("PRAGMA page_count").all();
    return Math.max(1, Number(size?.page_count ?? 0));
  }

  exec(query: string, ...bindings: SQLInputValue[]): Iterable<unknown> {
    if (/^\s*CREATE\b/i.test(query)) return this.#define(query);
    if (this.#database === undefined && !NEEDS_DATABASE.test(query)) return [];
    const prepared = this.#prepare(query);
    const { statement, returnsRows, kind, scans } = prepared;
    const scanned = scans === undefined ? undefined : this.#countRows(scans);
    if (!returnsRows) {
      const changes = Number(statement.run(...bindings).changes);
      this.#meter.read(scanned ?? 0);
      this.#countWritten(prepared, changes);
      return [];
    }
    const rows = statement.all(...bindings);
    this.#meter.read(scanned ?? rows.length);
    if (kind !== "select") this.#countWritten(prepared, rows.length);
    return rows;
  }

  clear(): void {
    this.#prepared.clear();
    this.#database?.close();
    this.#database = undefined;
    this.#schema.length = 0;
  }

  #countWritten({ kind, table, shape }: Prepared, changes: number): void {
    if (changes === 0) return;
    const sequences = Number(kind === "insert" && shape?.autoincrement === true);
    this.#meter.write(changes * (1 + (shape?.indexes ?? 0)) + sequences, table);
  }

  #define(query: string): [] {
    if (this.#schema.includes(query)) return [];
    const before = schemaShape(this.#schema).rowsWritten;
    this.#schema.push(query);
    this.#meter.write(schemaShape(this.#schema).rowsWritten - before, "schema");
    this.#database?.exec(query);
    return [];
  }

  #prepare(query: string): Prepared {
    const known = this.#prepared.get(query);
    if (known !== undefined) return known;
    const database = this.#open();
    const statement = database.prepare(query);
    const table = /\b(?:INTO|FROM|UPDATE)\s+(\w+)/i.exec(query)?.[1] ?? "";
    const prepared: Prepared = {
      statement,
      returnsRows: statement.columns().length > 0,
      kind: kindOf(query),
      table,
      shape: schemaShape(this.#schema).tables.get(table),
      scans: /\bLIMIT\b/i.test(query) ? undefined : findScan(database, query),
    };
    this.#prepared.set(query, prepared);
    return prepared;
  }

  #countRows(table: string): number {
    const [row] = this.#open().prepare(`SELECT COUNT(*) AS count FROM ${table}`).all();
    return Number(row?.count ?? 0);
  }

  #open(): DatabaseSync {
    if (this.#database !== undefined) return this.#database;
    this.#database = new DatabaseSync(":memory:");
    for (const query of this.#schema) this.#database.exec(query);
    return this.#database;
  }
}

function kindOf(query: string): Prepared["kind"] {
  if (/^\s*SELECT\b/i.test(query)) return "select";
  return /^\s*INSERT\b/i.test(query) ? "insert" : "other";
}

function findScan(database: DatabaseSync, query: string): string | undefined {
  const plan = database.prepare(`EXPLAIN QUERY PLAN ${query}`).all() as unknown as { detail: string }[];
  return plan
    .map(({ detail }) => /^SCAN (?!CONSTANT)(\w+)/.exec(detail)?.[1])
    .find((table) => table !== undefined);
}
