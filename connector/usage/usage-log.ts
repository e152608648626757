import type { UsageResponse } from "../../shared/protocol/request-log.ts";
import { USAGE_STEP_S, USAGE_STEPS } from "../../shared/protocol/request-log.ts";
import type { RelayGuest } from "../relay/relay.ts";
import { UsageSeries } from "./usage-series.ts";

/**
 * Ports of one sandbox that are counted; as many may be open. Another one takes the place of the one with the fewest
 * requests: a visitor who tries ports would otherwise keep those of apps from being counted.
 */
export const MAX_COUNTED_PORTS = 32;

/** Of all sandboxes: 1.5 KiB each, 24 MiB together. At the limit a new port is counted once another has been still for an hour. */
export const MAX_SERIES = 16_384;

/** Between two searches for ports that have been still for an hour. */
const SEARCH_INTERVAL_BUCKETS = 1;

/** Counts admitted requests. */
export interface UsageSink {
  count(guest: RelayGuest, port: number, nowMs: number): void;
}

type Ports = Map<number, UsageSeries>;

export function bucketOf(nowMs: number): number {
  return Math.floor(nowMs / (USAGE_STEP_S * 1000));
}

/** How many requests came to each port of each guest in the last hour. */
export class UsageLog implements UsageSink {
  readonly #byGuest = new Map<RelayGuest, Ports>();
  readonly #maxSeries: number;
  #count = 0;
  #searched = 0;
  #lastGuest: RelayGuest | undefined;
  #lastPort = 0;
  #lastSeries: UsageSeries | undefined;

  constructor(maxSeries = MAX_SERIES) {
    this.#maxSeries = maxSeries;
  }

  get size(): number {
    return this.#count;
  }

  count(guest: RelayGuest, port: number, nowMs: number): void {
    const bucket = bucketOf(nowMs);
    // Requests to one port mostly follow each other.
    if (guest === this.#lastGuest && port === this.#lastPort && this.#lastSeries !== undefined)
      this.#lastSeries.add(bucket, 1);
    else this.add(guest, port, bucket, 1);
  }

  add(guest: RelayGuest, port: number, bucket: number, count: number): void {
    const series = this.#find(guest, port, bucket);
    this.#lastGuest = guest;
    this.#lastPort = port;
    this.#lastSeries = series;
    series?.add(bucket, count);
  }

  forget(guest: RelayGuest): void {
    this.#count -= this.#byGuest.get(guest)?.size ?? 0;
    this.#byGuest.delete(guest);
    this.#lastGuest = undefined;
  }

  /** @param series whether the counts of each step are wanted, besides the sum */
  describe(guest: RelayGuest, nowMs: number, series: boolean): UsageResponse["sandboxes"][number] {
    const bucket = bucketOf(nowMs);
    const counts = Array.from(this.#byGuest.get(guest) ?? [], ([port, known]) => ({
      port,
      admitted: known.list(bucket),
    }));
    const ports = counts.map((each) => ({ ...each, sum: sum(each.admitted) })).filter((each) => each.sum > 0);
    ports.sort((one, other) => other.sum - one.sum);
    return {
      id: guest.sandboxId,
      admitted: sum(ports.map((port) => port.sum)),
      ports: series ? ports.map(({ port, admitted }) => ({ port, admitted })) : [],
    };
  }

  #find(guest: RelayGuest, port: number, bucket: number): UsageSeries | undefined {
    let ports = this.#byGuest.get(guest);
    const known = ports?.get(port);
    if (known !== undefined) return known;
    if ((ports?.size ?? 0) >= MAX_COUNTED_PORTS || this.#count >= this.#maxSeries) {
      this.#forgetStill(bucket);
      ports = this.#byGuest.get(guest);
      if (ports !== undefined && ports.size >= MAX_COUNTED_PORTS) this.#forgetLeast(ports);
      if (this.#count >= this.#maxSeries) return undefined;
    }
    if (ports === undefined) {
      ports = new Map();
      this.#byGuest.set(guest, ports);
    }
    const series = new UsageSeries(bucket);
    ports.set(port, series);
    this.#count += 1;
    return series;
  }

  #forgetLeast(ports: Ports): void {
    const [port] = [...ports].reduce((least, next) => (next[1].sum < least[1].sum ? next : least));
    ports.delete(port);
    this.#count -= 1;
  }

  #forgetStill(bucket: number): void {
    if (bucket < this.#searched + SEARCH_INTERVAL_BUCKETS) return;
    this.#searched = bucket;
    this.#lastGuest = undefined;
    for (const [guest, ports] of this.#byGuest) {
      for (const [port, { last }] of ports)
        if (last <= bucket - USAGE_STEPS && ports.delete(port)) this.#count -= 1;
      if (ports.size === 0) this.#byGuest.delete(guest);
    }
  }
}

/** The sum of the counts of each step. */
export function addSeries(total: number[], counts: readonly number[]): void {
  for (const [index, count] of counts.entries()) total[index] = (total[index] ?? 0) + count;
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
