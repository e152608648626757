/** What was kept of a body. */
export interface CapturedBody {
  /** Latin1, with its chunked framing where it is chunked. */
  readonly kept: string;
  /** All bytes that came, framing included. */
  readonly total: number;
  readonly chunked: boolean;
  /** Whether bodies were to be kept. */
  readonly captured: boolean;
}

/** One request and its response, as they crossed the border to the guest. Plain data: another process may have recorded it. */
export interface CapturedExchange {
  /** Ids sort by time. */
  readonly id: string;
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly port: number;
  /** The head as the guest got it, latin1. */
  readonly requestHead: string;
  readonly requestBody: CapturedBody;
  /** The head as the guest sent it; empty where none came. */
  readonly responseHead: string;
  readonly responseBody: CapturedBody;
  /** What the visitor got; 0 where that is nothing. */
  readonly status: number;
  readonly refused: string | undefined;
  readonly outcome: "open" | "answered" | "aborted" | "visitor_left";
  readonly link: string | undefined;
  readonly replayOf: string | undefined;
  readonly isWebSocket: boolean;
  readonly framesSent: number;
  readonly framesReceived: number;
  /** How long the edge had it; -1 where that is not known. */
  readonly edgeMs: number;
  /** From its beginning, in milliseconds; -1 where it did not come so far. */
  readonly sentMs: number;
  readonly respondedMs: number;
  readonly endedMs: number;
}
