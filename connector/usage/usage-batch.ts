import type { RelayGuest } from "../relay/relay.ts";
import type { UsageSink } from "./usage-log.ts";
import { bucketOf } from "./usage-log.ts";

export interface BatchedCount {
  readonly guest: RelayGuest;
  readonly port: number;
  readonly bucket: number;
  count: number;
}

/** How long a worker collects its counts. */
const BATCH_MS = 1_000;

/** Ports that one batch counts; a worker with more sends it early. */
const MAX_BATCH = 1024;

/** Counts in a process that has no log of its own, and hands the counts on once a second. */
export class UsageBatch implements UsageSink {
  readonly #send: (counts: readonly BatchedCount[]) => void;
  readonly #byGuest = new Map<RelayGuest, Map<number, BatchedCount>>();
  #size = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (counts: readonly BatchedCount[]) => void) {
    this.#send = send;
  }

  count(guest: RelayGuest, port: number, nowMs: number): void {
    const bucket = bucketOf(nowMs);
    const known = this.#byGuest.get(guest)?.get(port);
    if (known?.bucket === bucket) {
      known.count += 1;
      return;
    }
    if (known !== undefined || this.#size >= MAX_BATCH) this.flush();
    const ports = this.#byGuest.get(guest) ?? new Map();
    this.#byGuest.set(guest, ports.set(port, { guest, port, bucket, count: 1 }));
    this.#size += 1;
    this.#timer ??= setTimeout(() => this.flush(), BATCH_MS).unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const counts = [...this.#byGuest.values()].flatMap((ports) => [...ports.values()]);
    this.#byGuest.clear();
    this.#size = 0;
    if (counts.length > 0) this.#send(counts);
  }
}
