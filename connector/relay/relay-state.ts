import { performance } from "node:perf_hooks";
import type { Refusal, RefusalCode } from "../../shared/refusal/refusal.ts";
import type { Destination } from "./destination.ts";
import { DialTimes } from "./dial-times.ts";
import type { ExchangeReport } from "./exchange-report.ts";
import type { RequestHead } from "./http1/parse-request-head.ts";
import type { RelayLimits } from "./limits.ts";

export interface RelayOptions {
  readonly limits: RelayLimits;
  /** Steps 7–9: where a request goes, or why not. A result without a promise saves a turn of the event loop. */
  findDestination(head: RequestHead): Destination | Refusal | Promise<Destination | Refusal>;
  /** Called once for each exchange and each tunnel, at its end. */
  onExchange?(report: ExchangeReport): void;
  /** `findDestination` threw; its request gets a bare 500. */
  onBug?(error: unknown, requestId: string): void;
}

/** Events since the start. */
export interface RelayCounts {
  requests: number;
  tunnels: number;
  /** Sent again on a fresh connection, because a reused one closed before the first byte of a response. */
  retried: number;
  visitorLeft: number;
  /** Visitors without a valid pass whose connection made room for another. */
  unprovenDropped: number;
  /** The guest's connection ended inside a response. */
  guestAborted: number;
  /** Connections to guests that acknowledged nothing any more. */
  guestDark: number;
  /** The guest sent bytes outside of any response. */
  guestExcess: number;
  timedOut: number;
  /** Idle uploads and tunnels that were ended because a limit was reached. */
  endedForRoom: number;
  /** Open streams and tunnels cut at the end of their grant, or at its revocation. */
  grantEnded: number;
  readonly refused: Partial<Record<RefusalCode, number>>;
}

/** Counters, limits and clock of one relay. */
export class RelayState {
  readonly limits: RelayLimits;
  readonly options: RelayOptions;
  readonly counts: RelayCounts = {
    requests: 0,
    tunnels: 0,
    retried: 0,
    visitorLeft: 0,
    unprovenDropped: 0,
    guestAborted: 0,
    guestDark: 0,
    guestExcess: 0,
    timedOut: 0,
    endedForRoom: 0,
    grantEnded: 0,
    refused: {},
  };
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
