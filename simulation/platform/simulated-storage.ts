import { serialize } from "node:v8";
import type { RowMeter } from "./row-meter.ts";
import { SimulatedSql } from "./simulated-sql.ts";

/** Schedules an alarm; an alarm that was moved or deleted meanwhile is ignored when it is due. */
export type ExpectAlarm = (unixMs: number) => void;

const PAGE_BYTES = 4096;

/** Length and type of key and value in a row. */
const ROW_OVERHEAD_BYTES = 8;

/**
 * One object's storage. Outlives the object's memory.
 *
 * Counts rows as workerd does for Cloudflare's bill: a key is a row, `setAlarm` writes one, and what is not there costs
 * nothing.
 */
export class SimulatedStorage {
  readonly #meter: RowMeter;
  readonly #expectAlarm: ExpectAlarm;
  readonly #values = new Map<string, unknown>();
  readonly sql: SimulatedSql;
  #alarmMs: number | undefined;
  /** SQLite keeps these tables once they exist. */
  #hasKeyTable = false;
  #hasAlarmTable = false;

  constructor(meter: RowMeter, expectAlarm: ExpectAlarm) {
    this.#meter = meter;
    this.#expectAlarm = expectAlarm;
    this.sql = new SimulatedSql(meter);
  }

  /** Size of the database, which is billed: whole pages, of workerd's own tables too. */
  get bytes(): number {
    if (!this.#hasKeyTable && !this.#hasAlarmTable && this.sql.isEmpty) return 0;
    const keyPages = this.#hasKeyTable ? Math.max(1, Math.ceil(this.#keyBytes() / PAGE_BYTES)) : 0;
    return (this.sql.pages + keyPages + Number(this.#hasAlarmTable)) * PAGE_BYTES;
  }

  /** When the alarm is due, unix milliseconds. */
  get alarmMs(): number | undefined {
    return this.#alarmMs;
  }

  readonly kv = {
    get: (key: string): unknown => {
      if (this.#values.has(key)) this.#meter.read(1);
      return this.#values.get(key);
    },
    put: (key: string, value: unknown): void => {
      this.#hasKeyTable = true;
      this.#meter.write(1, placeOf(key));
      this.#values.set(key, value);
    },
    delete: (key: string): boolean => {
      const existed = this.#values.delete(key);
      if (existed) this.#meter.write(1, placeOf(key));
      return existed;
    },
    list: ({ prefix = "" }: { prefix?: string } = {}): [string, unknown][] => {
      const entries = [...this.#values].filter(([key]) => key.startsWith(prefix));
      this.#meter.read(entries.length);
      return entries;
    },
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
    this.#hasAlarmTable = true;
    this.#meter.write(1, "alarm");
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

  /** The alarm too: compatibility dates from 2026-02-24. Replaces the database, so that it writes no row. */
  deleteAll(): Promise<void> {
    this.#values.clear();
    this.sql.clear();
    this.#alarmMs = undefined;
    this.#hasKeyTable = false;
    this.#hasAlarmTable = false;
    return Promise.resolve();
  }

  #keyBytes(): number {
    let bytes = 0;
    for (const [key, value] of this.#values)
      bytes += key.length + serialize(value).byteLength + ROW_OVERHEAD_BYTES;
    return bytes;
  }
}

/** `revoked:1234` and `revoked:5678` are the same place. */
function placeOf(key: string): string {
  return key.split(":", 1)[0]!;
}
