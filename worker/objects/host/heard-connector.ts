import type { HeardInstance } from "./check-instance.ts";

const KEY = "instance";

/**
 * Which connector of a host was heard last, and when. The id is in storage, and written only when another connector is
 * heard; the time is in memory, and follows from the alarm after the object has woken up.
 */
export class HeardConnector {
  readonly #kv: SyncKvStorage;
  #instance: string | undefined;
  #heardAtMs = 0;

  constructor(kv: SyncKvStorage) {
    this.#kv = kv;
    this.#instance = kv.get<string>(KEY);
  }

  /** @returns `undefined` where no connector has named itself */
  read(): HeardInstance | undefined {
    return this.#instance === undefined
      ? undefined
      : { instance: this.#instance, heardAtMs: this.#heardAtMs };
  }

  /** @param instance absent where the connector did not name itself */
  hear(instance: string | undefined, nowMs: number): void {
    if (instance !== undefined && instance !== this.#instance) {
      this.#instance = instance;
      this.#kv.put(KEY, instance);
    }
    this.#heardAtMs = nowMs;
  }

  /** The connector responds at the host's address, also where its own calls do not arrive. */
  confirm(instance: string, nowMs: number): void {
    if (instance === this.#instance) this.#heardAtMs = nowMs;
  }

  /** The object has woken up. */
  restore(heardAtMs: number): void {
    this.#heardAtMs = Math.max(this.#heardAtMs, heardAtMs);
  }

  /** The host has another key: a connector with the former one is refused for that. */
  forget(): void {
    this.#instance = undefined;
    this.#kv.delete(KEY);
  }
}
