import type { SQLInputValue, StatementSync } from "node:sqlite";
import { DatabaseSync } from "node:sqlite";

export interface RowCounts {
  read: number;
  written: number;
}

/** Schedules an alarm; an alarm that was moved or deleted meanwhile is ignored when it is due. */
export type ExpectAlarm = (unixMs: number) => void;

/**
 * One object's storage: SQLite as in production, but opened only once there is a row, since most of a million objects
 * never write one to a table. Outlives the object's memory. Counts rows as Cloudflare bills them.
 */
export class SimulatedStorage {
  readonly #counts: () => RowCounts;
  readonly #expectAlarm: ExpectAlarm;
  readonly #values = new Map<string, unknown>();
  readonly #schema: string[] = [];
  readonly #statements = new Map<string, StatementSync>();
  #database: DatabaseSync | undefined;
  #alarmMs: number | undefined;

  constructor(counts: () => RowCounts, expectAlarm: ExpectAlarm) {
    this.#counts = counts;
    this.#expectAlarm = expectAlarm;
  }

  readonly kv = {
    get: (key: string): unknown => {
      this.#counts().read += 1;
      return this.#values.get(key);
    },
    put: (key: string, value: unknown): void => {
      this.#counts().written += 1;
      this.#values.set(key, value);
    },
    delete: (key: string): boolean => {
      this.#counts().written += 1;
      return this.#values.delete(key);
    },
  };

  readonly sql = {
    exec: (query: string, ...bindings: SQLInputValue[]): Iterable<unknown> => this.#exec(query, bindings),
  };

  async get(key: string): Promise<unknown> {
    return this.kv.get(key);
  }

  async put(key: string, value: unknown): Promise<void> {
    this.kv.put(key, value);
  }

  async delete(key: string): Promise<boolean> {
    return this.kv.delete(key);
  }

  getAlarm(): Promise<number | null> {
    return Promise.resolve(this.#alarmMs ?? null);
  }

  setAlarm(time: number | Date): Promise<void> {
    this.#counts().written += 1;
    this.#alarmMs = Number(time);
    this.#expectAlarm(this.#alarmMs);
    return Promise.resolve();
  }

  deleteAlarm(): Promise<void> {
    this.#alarmMs = undefined;
    return Promise.resolve();
  }

  /** @returns whether the alarm was still set to this moment */
  takeAlarm(unixMs: number): boolean {
    if (this.#alarmMs !== unixMs) return false;
    this.#alarmMs = undefined;
    return true;
  }

  transactionSync<Result>(act: () => Result): Result {
    return act();
  }

  deleteAll(): Promise<void> {
    this.#values.clear();
    this.#statements.clear();
    this.#database?.close();
    this.#database = undefined;
    this.#schema.length = 0;
    return Promise.resolve();
  }

  #exec(query: string, bindings: SQLInputValue[]): Iterable<unknown> {
    if (/^\s*CREATE/i.test(query)) return this.#define(query);
    if (this.#database === undefined && !/^\s*INSERT/i.test(query)) return [];
    const statement = this.#prepare(query);
    if (!/^\s*SELECT/i.test(query)) this.#counts().written += 1;
    if (statement.columns().length === 0) {
      statement.run(...bindings);
      return [];
    }
    const rows = statement.all(...bindings);
    this.#counts().read += rows.length;
    return rows;
  }

  #define(query: string): [] {
    if (this.#schema.includes(query)) return [];
    this.#schema.push(query);
    this.#database?.exec(query);
    return [];
  }

  #prepare(query: string): StatementSync {
    const known = this.#statements.get(query);
    if (known !== undefined) return known;
    const statement = this.#open().prepare(query);
    this.#statements.set(query, statement);
    return statement;
  }

  #open(): DatabaseSync {
    if (this.#database !== undefined) return this.#database;
    this.#database = new DatabaseSync(":memory:");
    for (const query of this.#schema) this.#database.exec(query);
    return this.#database;
  }
}
