import type { RefusalCode } from "../../shared/refusal/refusal.ts";

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

export function noCounts(): RelayCounts {
  return {
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
}
