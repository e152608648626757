import type { RefusalCode } from "../../shared/refusal/refusal.ts";
import type { Upstream } from "./destination.ts";

/** How an exchange ended: answered to its last byte, refused by us, or cut off after its answer had begun. */
export type ExchangeOutcome = "answered" | "refused" | "aborted" | "visitor_left" | "tunnel_closed";

/** One finished exchange or tunnel, for logs and metrics. Holds no secret. */
export interface ExchangeReport {
  readonly requestId: string;
  /** Unknown where the request was refused before its destination was found. */
  readonly upstream: Upstream | undefined;
  /** Names the signed link that led here, without opening it. */
  readonly link: string | undefined;
  readonly method: string;
  /** 0 where no answer was sent. */
  readonly status: number;
  readonly outcome: ExchangeOutcome;
  readonly refused: RefusalCode | undefined;
  readonly durationMs: number;
}
