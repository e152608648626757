import { AsyncLocalStorage } from "node:async_hooks";
import type { CostLedger } from "./cost-ledger.ts";
import type { EdgeModules, EdgeObject, ObjectKind } from "./edge-modules.ts";
import { createObjectCounts } from "./object-counts.ts";
import type { ObjectRecord } from "./object-record.ts";
import type { RowMeter } from "./row-meter.ts";
import { SimulatedStorage } from "./simulated-storage.ts";
import type { SimulatedTime } from "./simulated-time.ts";

export interface ObjectsOptions {
  readonly time: SimulatedTime;
  readonly modules: EdgeModules;
  readonly ledger: CostLedger;
  /** From a caller's isolate to the object and back. */
  readonly callMs: number;
  /** An object without calls for this long loses its memory. */
  readonly idleMs: number;
  readonly locations: number;
  /** Gives a new object its state from before the simulation. */
  seed(record: ObjectRecord, instance: EdgeObject): Promise<void>;
  /** Called with the result of each call, before its caller gets it. */
  onResult(record: ObjectRecord, method: string, result: unknown): void;
}

/** What the cost of alarms is put down to. */
const ALARM = "alarm";

/** The least time that work keeps an object busy. */
const MIN_BUSY_MS = 1;

interface Namespace {
  getByName(name: string): object;
}

/** The edge's Durable Objects: real classes in simulated time and place. */
export class SimulatedObjects {
  counts = createObjectCounts();
  /** The object whose method runs. */
  readonly running = new AsyncLocalStorage<ObjectRecord>();
  readonly namespaces: Readonly<Record<ObjectKind, Namespace>>;
  readonly #options: ObjectsOptions;
  readonly #records = new Map<string, ObjectRecord>();
  /** The same for all objects, as their isolates' environments would be equal. */
  environment: object = {};

  constructor(options: ObjectsOptions) {
    this.#options = options;
    const namespaces = Object.keys(options.modules.objects).map((kind): [ObjectKind, Namespace] => [
      kind,
      { getByName: (name) => this.#stub(kind, name) },
    ]);
    this.namespaces = Object.fromEntries(namespaces);
  }

  /** Those that were called. */
  records(): Iterable<ObjectRecord> {
    return this.#records.values();
  }

  /** @returns `undefined` for an object that was never called */
  find(kind: ObjectKind, name: string): ObjectRecord | undefined {
    return this.#records.get(`${kind} ${name}`);
  }

  /** Calls a method as if that had been before the simulation: nothing is counted, and the object's memory is lost. */
  async callBefore(kind: ObjectKind, name: string, method: string, ...args: unknown[]): Promise<void> {
    const record = this.#record(kind, name);
    await record.seeded;
    await this.#before(record, (instance) => instance[method]!(...args));
  }

  /** Counts from now on. */
  restartCounts(): void {
    this.counts = createObjectCounts();
  }

  /** Drops the memory of idle objects early; their next call would find it lost anyway. */
  evictIdle(): void {
    for (const record of this.#records.values()) if (this.#isIdle(record)) record.instance = undefined;
  }

  #stub(kind: ObjectKind, name: string): object {
    return new Proxy(
      {},
      {
        get: (_, method) =>
          typeof method === "string" && method !== "then"
            ? (...args: unknown[]) => this.#call(kind, name, method, args)
            : undefined,
      },
    );
  }

  async #call(kind: ObjectKind, name: string, method: string, args: unknown[]): Promise<unknown> {
    const { time, callMs } = this.#options;
    const sent = args.map(copy);
    await time.sleep(callMs / 2);
    const record = this.#record(kind, name);
    await record.seeded;
    this.#count(record, `${kind} ${method}`);
    const result = copy(await this.#run(record, (instance) => instance[method]!(...sent)));
    this.#options.onResult(record, method, result);
    await time.sleep(callMs / 2);
    return result;
  }

  async #run(record: ObjectRecord, act: (instance: EdgeObject) => unknown): Promise<unknown> {
    const instance = this.#awake(record);
    return this.#keepActive(record, () => this.running.run(record, async () => act(instance)));
  }

  async #keepActive(record: ObjectRecord, work: () => Promise<unknown>): Promise<unknown> {
    const { time } = this.#options;
    if (record.active === 0) record.activeSinceMs = time.nowMs;
    record.active += 1;
    try {
      return await work();
    } finally {
      record.active -= 1;
      record.usedMs = time.nowMs;
      if (record.active === 0 && record.billed)
        this.counts.busyMs += Math.max(MIN_BUSY_MS, time.nowMs - record.activeSinceMs);
    }
  }

  #awake(record: ObjectRecord): EdgeObject {
    if (record.instance !== undefined && !this.#isIdle(record)) return record.instance;
    const { modules } = this.#options;
    const context = {
      storage: record.storage,
      id: { name: record.name, toString: () => record.name },
      waitUntil: (work: Promise<unknown>) => void this.#keepActive(record, () => work),
      blockConcurrencyWhile: (act: () => Promise<unknown>) => act(),
    };
    record.instance = new modules.objects[record.kind]!(context, this.environment);
    if (record.billed) this.counts.wakes += 1;
    return record.instance;
  }

  #isIdle({ active, usedMs }: ObjectRecord): boolean {
    return active === 0 && this.#options.time.nowMs - usedMs > this.#options.idleMs;
  }

  #record(kind: ObjectKind, name: string): ObjectRecord {
    const key = `${kind} ${name}`;
    let record = this.#records.get(key);
    if (record === undefined) {
      record = this.#create(kind, name);
      this.#records.set(key, record);
    }
    return record;
  }

  #create(kind: ObjectKind, name: string): ObjectRecord {
    const { time, locations } = this.#options;
    const record: ObjectRecord = {
      kind,
      name,
      location: hash(name) % locations,
      storage: new SimulatedStorage(
        this.#meter(() => record),
        (unixMs) => this.#expectAlarm(record, unixMs),
      ),
      billed: false,
      seeded: undefined,
      instance: undefined,
      usedMs: time.nowMs,
      active: 0,
      activeSinceMs: time.nowMs,
      load: 0,
      second: 0,
    };
    record.seeded = this.#seed(record);
    return record;
  }

  #meter(record: () => ObjectRecord): RowMeter {
    return {
      read: (rows) => {
        if (record().billed) this.counts.rowsRead += rows;
      },
      write: (rows, place) => {
        const { billed, kind } = record();
        if (!billed) return;
        this.counts.rowsWritten += rows;
        this.#options.ledger.countRowsWritten(rows, `${kind} ${place}`);
      },
    };
  }

  async #seed(record: ObjectRecord): Promise<void> {
    await this.#before(record, (instance) => this.#options.seed(record, instance));
    record.seeded = undefined;
  }

  async #before(record: ObjectRecord, act: (instance: EdgeObject) => unknown): Promise<void> {
    record.billed = false;
    const instance = this.#awake(record);
    await this.running.run(record, async () => act(instance));
    record.instance = undefined;
    record.billed = true;
  }

  #expectAlarm(record: ObjectRecord, unixMs: number): void {
    const { time, ledger } = this.#options;
    time.after(unixMs - time.nowMs, () => {
      if (!record.storage.takeAlarm(unixMs)) return;
      this.counts.alarms += 1;
      ledger.countTime(ALARM);
      const fired = ledger.run(ALARM, () => this.#run(record, (instance) => instance.alarm?.()));
      fired.catch((error: unknown) => {
        throw error;
      });
    });
  }

  #count(record: ObjectRecord, call: string): void {
    this.counts.calls.set(call, (this.counts.calls.get(call) ?? 0) + 1);
    this.#options.ledger.countObjectCall();
    const second = Math.floor(this.#options.time.nowMs / 1000);
    record.load = record.second === second ? record.load + 1 : 1;
    record.second = second;
    const { peak } = this.counts;
    peak.set(record.kind, Math.max(record.load, peak.get(record.kind) ?? 0));
  }
}

/** A value as it arrives in another isolate. */
function copy(value: unknown): unknown {
  return typeof value === "object" ? structuredClone(value) : value;
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return value;
}
