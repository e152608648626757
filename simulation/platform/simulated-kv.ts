import type { SimulatedTime } from "./simulated-time.ts";

export interface KvCounts {
  reads: number;
  writes: number;
  deletes: number;
  lists: number;
}

interface CachedValue {
  readonly value: string | undefined;
  readonly untilMs: number;
}

const CACHED_READ_MS = 2;
const FAR_READ_MS = 40;
const DEFAULT_CACHE_TTL_S = 60;

export interface KvOptions {
  /** The value from before the simulation began. */
  find(key: string): unknown;
  /** The location of the caller. */
  location(): number;
  /** Whether the caller's use is counted. */
  isBilled(): boolean;
  /** Called with each read that is counted. */
  onRead(): void;
}

/**
 * Workers KV as production behaves: each location caches what it read, also that there was nothing, for the reader's
 * `cacheTtl`, and does not see writes from elsewhere meanwhile.
 */
export class SimulatedKv {
  readonly counts: KvCounts = { reads: 0, writes: 0, deletes: 0, lists: 0 };
  readonly #time: SimulatedTime;
  readonly #options: KvOptions;
  readonly #written = new Map<string, string | undefined>();
  readonly #caches = new Map<number, Map<string, CachedValue>>();

  constructor(time: SimulatedTime, options: KvOptions) {
    this.#time = time;
    this.#options = options;
  }

  restartCounts(): void {
    Object.assign(this.counts, { reads: 0, writes: 0, deletes: 0, lists: 0 });
  }

  async get(key: string, options: { type?: string; cacheTtl?: number } | string = {}): Promise<unknown> {
    this.#count("reads");
    const { type = "text", cacheTtl = DEFAULT_CACHE_TTL_S } =
      typeof options === "string" ? { type: options } : options;
    const value = await this.#read(key, cacheTtl);
    if (value === undefined) return null;
    return type === "json" ? JSON.parse(value) : value;
  }

  put(key: string, value: string): Promise<void> {
    this.#count("writes");
    return this.#write(key, value);
  }

  delete(key: string): Promise<void> {
    this.#count("deletes");
    return this.#write(key, undefined);
  }

  async list({ prefix }: { prefix: string }): Promise<{ keys: { name: string }[]; list_complete: true }> {
    this.#count("lists");
    await this.#time.sleep(FAR_READ_MS);
    const names = [...this.#written].filter(
      ([name, value]) => value !== undefined && name.startsWith(prefix),
    );
    return { keys: names.map(([name]) => ({ name })), list_complete: true };
  }

  /** Adds a value as if it had always been there. */
  seed(key: string, value: unknown): void {
    this.#written.set(key, typeof value === "string" ? value : JSON.stringify(value));
  }

  #count(operation: keyof KvCounts): void {
    if (!this.#options.isBilled()) return;
    this.counts[operation] += 1;
    if (operation === "reads") this.#options.onRead();
  }

  async #read(key: string, cacheTtlS: number): Promise<string | undefined> {
    const cache = this.#cache();
    const known = cache.get(key);
    if (known !== undefined && this.#time.nowMs < known.untilMs) {
      await this.#time.sleep(CACHED_READ_MS);
      return known.value;
    }
    await this.#time.sleep(FAR_READ_MS / 2);
    const value = this.#current(key);
    cache.set(key, { value, untilMs: this.#time.nowMs + cacheTtlS * 1000 });
    await this.#time.sleep(FAR_READ_MS / 2);
    return value;
  }

  async #write(key: string, value: string | undefined): Promise<void> {
    await this.#time.sleep(FAR_READ_MS);
    this.#written.set(key, value);
  }

  #current(key: string): string | undefined {
    if (this.#written.has(key)) return this.#written.get(key);
    const found = this.#options.find(key);
    return found === undefined ? undefined : JSON.stringify(found);
  }

  #cache(): Map<string, CachedValue> {
    const location = this.#options.location();
    let cache = this.#caches.get(location);
    if (cache === undefined) {
      cache = new Map();
      this.#caches.set(location, cache);
    }
    return cache;
  }
}
