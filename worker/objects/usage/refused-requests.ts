import { MAX_PORTS_PER_SANDBOX } from "../../../shared/port.ts";
import { USAGE_STEP_S, USAGE_STEPS } from "../../../shared/protocol/request-log.ts";

/** Counts of one port by numbers of buckets: unix seconds by `USAGE_STEP_S`. */
export interface RefusedCounts {
  readonly port: number;
  readonly counts: readonly { readonly bucket: number; readonly count: number }[];
}

/** The requests of the last hour that were over the limit, in the object's memory, which may be lost at any time. */
export class RefusedRequests {
  readonly #byPort = new Map<number, Map<number, number>>();

  add(port: number, count: number, nowMs: number): void {
    const bucket = bucketOf(nowMs);
    this.#forgetOld(bucket);
    if (!this.#byPort.has(port) && this.#byPort.size >= MAX_PORTS_PER_SANDBOX) return;
    const counts = this.#byPort.get(port) ?? new Map<number, number>();
    this.#byPort.set(port, counts.set(bucket, (counts.get(bucket) ?? 0) + count));
  }

  list(nowMs: number): RefusedCounts[] {
    this.#forgetOld(bucketOf(nowMs));
    return Array.from(this.#byPort, ([port, counts]) => ({
      port,
      counts: Array.from(counts, ([bucket, count]) => ({ bucket, count })),
    }));
  }

  /** Buckets are added in the order of time. */
  #forgetOld(bucket: number): void {
    for (const [port, counts] of this.#byPort) {
      for (const old of counts.keys()) {
        if (old > bucket - USAGE_STEPS) break;
        counts.delete(old);
      }
      if (counts.size === 0) this.#byPort.delete(port);
    }
  }
}

function bucketOf(nowMs: number): number {
  return Math.floor(nowMs / (USAGE_STEP_S * 1000));
}
