import { AsyncLocalStorage } from "node:async_hooks";
import type { EdgeModules, EdgeObject, ObjectKind } from "./edge-modules.ts";
import { OBJECT_KINDS } from "./edge-modules.ts";
import type { RowCounts } from "./simulated-storage.ts";
import { SimulatedStorage } from "./simulated-storage.ts";
import type { SimulatedTime } from "./simulated-time.ts";

/** One object: its storage lasts, its memory is lost when it has been idle. */
export interface ObjectRecord {
  readonly kind: ObjectKind;
  readonly name: string;
  /** Where it runs, for KV's caches. */
  readonly location: number;
  readonly storage: SimulatedStorage;
  /** Its rows are counted: it has its state from before the simulation. */
  billed: boolean;
  /** Settles when the object has its state from before the simulation. */
  seeded: Promise<void> | undefined;
  instance: EdgeObject | undefined;
  usedMs: number;
  active: number;
  /** Calls in the second that `second` names. */
  load: number;
  second: number;
}

export interface ObjectCounts {
  /** Calls by kind and method. */
  readonly calls: Map<string, number>;
  readonly rows: RowCounts;
  /** Time in which objects worked on calls, summed over calls. */
  busyMs: number;
  alarms: number;
  /** How often an object was created from its storage. */
  wakes: number;
  /** Most calls that one object had in a second, by kind. */
  readonly peak: Record<ObjectKind, { load: number; name: string }>;
}

export interface ObjectsOptions {
  readonly time: SimulatedTime;
  readonly modules: EdgeModules;
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

/** The least time that a call keeps an object busy, without its own waiting. */
const MIN_BUSY_MS = 1;

/** The edge's Durable Objects: real classes in simulated time and place. */
export class SimulatedObjects {
  counts = createCounts();
  /** The object whose method runs. */
  readonly running = new AsyncLocalStorage<ObjectRecord>();
  readonly namespaces: Readonly<Record<ObjectKind, { getByName(name: string): object }>>;
  readonly #options: ObjectsOptions;
  readonly #records = new Map<string, ObjectRecord>();
  /** The same for all objects, as their isolates' environments would be equal. */
  environment: object = {};

  constructor(options: ObjectsOptions) {
    this.#options = options;
    const namespaces = OBJECT_KINDS.map((kind) => [
      kind,
      { getByName: (name: string) => this.#stub(kind, name) },
    ]);
    this.namespaces = Object.fromEntries(namespaces) as SimulatedObjects["namespaces"];
  }

  /** Counts from now on. */
  restartCounts(): void {
    this.counts = createCounts();
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
    const { time } = this.#options;
    const startMs = time.nowMs;
    const instance = this.#awake(record);
    record.active += 1;
    try {
      return await this.running.run(record, async () => act(instance));
    } finally {
      record.active -= 1;
      record.usedMs = time.nowMs;
      this.counts.busyMs += Math.max(MIN_BUSY_MS, time.nowMs - startMs);
    }
  }

  #awake(record: ObjectRecord): EdgeObject {
    if (record.instance !== undefined && !this.#isIdle(record)) return record.instance;
    const { modules } = this.#options;
    const context = {
      storage: record.storage,
      id: { name: record.name, toString: () => record.name },
      waitUntil: () => {},
      blockConcurrencyWhile: (act: () => Promise<unknown>) => act(),
    };
    record.instance = new modules.objects[record.kind](context, this.environment);
    this.counts.wakes += 1;
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
    const unbilled = { read: 0, written: 0 };
    const record: ObjectRecord = {
      kind,
      name,
      location: hash(name) % locations,
      storage: new SimulatedStorage(
        () => (record.billed ? this.counts.rows : unbilled),
        (unixMs) => this.#expectAlarm(record, unixMs),
      ),
      billed: false,
      seeded: undefined,
      instance: undefined,
      usedMs: time.nowMs,
      active: 0,
      load: 0,
      second: 0,
    };
    record.seeded = this.#seed(record);
    return record;
  }

  /** Rows and wakes of the state from before the simulation are not counted. */
  async #seed(record: ObjectRecord): Promise<void> {
    const instance = this.#awake(record);
    this.counts.wakes -= 1;
    await this.#options.seed(record, instance);
    record.instance = undefined;
    record.seeded = undefined;
    record.billed = true;
  }

  #expectAlarm(record: ObjectRecord, unixMs: number): void {
    const { time } = this.#options;
    time.after(unixMs - time.nowMs, () => {
      if (!record.storage.takeAlarm(unixMs)) return;
      this.counts.alarms += 1;
      this.#run(record, (instance) => instance.alarm?.()).catch((error: unknown) => {
        throw error;
      });
    });
  }

  #count(record: ObjectRecord, call: string): void {
    this.counts.calls.set(call, (this.counts.calls.get(call) ?? 0) + 1);
    const second = Math.floor(this.#options.time.nowMs / 1000);
    record.load = record.second === second ? record.load + 1 : 1;
    record.second = second;
    const peak = this.counts.peak[record.kind];
    if (record.load <= peak.load) return;
    peak.load = record.load;
    peak.name = record.name;
  }
}

function createCounts(): ObjectCounts {
  return {
    calls: new Map(),
    rows: { read: 0, written: 0 },
    busyMs: 0,
    alarms: 0,
    wakes: 0,
    peak: {
      SANDBOX: { load: 0, name: "" },
      WORKSPACE: { load: 0, name: "" },
      HOST: { load: 0, name: "" },
      ORG: { load: 0, name: "" },
    },
  };
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
