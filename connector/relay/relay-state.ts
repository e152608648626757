import { performance } from "node:perf_hooks";
import type { Refusal, RefusalCode } from "../../shared/refusal/refusal.ts";
import type { Destination } from "./destination.ts";
import { DialTimes } from "./dial-times.ts";
import type { ExchangeReport } from "./exchange-report.ts";
import type { RequestHead } from "./http1/parse-request-head.ts";
import type { RelayLimits } from "./limits.ts";
import { noCounts } from "./relay-counts.ts";

export interface RelayOptions {
  readonly limits: RelayLimits;
  /** Steps 7–9: where a request goes, or why not. A result without a promise saves a turn of the event loop. */
  findDestination(head: RequestHead): Destination | Refusal | Promise<Destination | Refusal>;
  /** Called once for each exchange and each tunnel, at its end. */
  onExchange?(report: ExchangeReport): void;
  /** `findDestination` threw; its request gets a bare 500. */
  onBug?(error: unknown, requestId: string): void;
}

/** Counters, limits and clock of one relay. */
export class RelayState {
  readonly limits: RelayLimits;
  readonly options: RelayOptions;
  readonly counts = noCounts();
  readonly dials = new DialTimes();
  /** The relay stops: connections close after their current exchange. */
  draining = false;
  /** When `sweep` ran last, in monotonic milliseconds: a clock that costs nothing to read. */
  sweptMs = performance.now();

  constructor(options: RelayOptions) {
    this.options = options;
    this.limits = options.limits;
  }

  /** Monotonic milliseconds. */
  now(): number {
    return performance.now();
  }

  countRefusal(code: RefusalCode): void {
    this.counts.refused[code] = (this.counts.refused[code] ?? 0) + 1;
  }
}
