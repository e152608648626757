import { MAX_PORTS_PER_SANDBOX } from "../../../shared/port.ts";
import { USAGE_STEP_S, USAGE_STEPS } from "../../../shared/protocol/request-log.ts";

/** Counts of one port by numbers of buckets: unix seconds by `USAGE_STEP_S`. */
export interface RefusedCounts {
  readonly port: number;
  readonly counts: readonly { readonly bucket: number; readonly count: number }[];
}

interface PortCounts {
  sum: number;
  readonly byBucket: Map<number, number>;
}

/**
 * The requests of the last hour that were over the limit, in the object's memory, which may be lost at any time. A port
 * beyond the bound takes the place of the one with the fewest: a visitor who tries ports would otherwise keep those of
 * apps from being counted.
 */
export class RefusedRequests {
  readonly #byPort = new Map<number, PortCounts>();

  add(port: number, count: number, nowMs: number): void {
    const bucket = bucketOf(nowMs);
    this.#forgetOld(bucket);
    let counts = this.#byPort.get(port);
    if (counts === undefined) {
      if (this.#byPort.size >= MAX_PORTS_PER_SANDBOX) this.#forgetLeast();
      counts = { sum: 0, byBucket: new Map() };
      this.#byPort.set(port, counts);
    }
    counts.sum += count;
    counts.byBucket.set(bucket, (counts.byBucket.get(bucket) ?? 0) + count);
  }

  list(nowMs: number): RefusedCounts[] {
    this.#forgetOld(bucketOf(nowMs));
    return Array.from(this.#byPort, ([port, { byBucket }]) => ({
      port,
      counts: Array.from(byBucket, ([bucket, count]) => ({ bucket, count })),
    }));
  }

  #forgetLeast(): void {
    const [port] = [...this.#byPort].reduce((least, next) => (next[1].sum < least[1].sum ? next : least));
    this.#byPort.delete(port);
  }

  /** Buckets are added in the order of time. */
  #forgetOld(bucket: number): void {
    for (const [port, counts] of this.#byPort) {
      for (const [old, count] of counts.byBucket) {
        if (old > bucket - USAGE_STEPS) break;
        counts.byBucket.delete(old);
        counts.sum -= count;
      }
      if (counts.byBucket.size === 0) this.#byPort.delete(port);
    }
  }
}

function bucketOf(nowMs: number): number {
  return Math.floor(nowMs / (USAGE_STEP_S * 1000));
}
