import type { RefusalCode } from "../../shared/refusal/refusal.ts";
import type { Upstream } from "./destination.ts";
import type { ExchangeOutcome } from "./exchange/exchange-outcome.ts";

/** One finished exchange or tunnel, for logs and metrics. It holds no secret. */
export interface ExchangeReport {
  readonly requestId: string;
  /** False where the request was refused for want of a valid pass: who sent it is not known. */
  readonly proven: boolean;
  /** `undefined` where the request was refused before its destination was found. */
  readonly upstream: Upstream | undefined;
  /** Identifies the signed link that was used; it does not open the link. */
  readonly link: string | undefined;
  readonly method: string;
  /** 0 where no response was sent. */
  readonly status: number;
  readonly outcome: ExchangeOutcome;
  readonly refused: RefusalCode | undefined;
  readonly durationMs: number;
}
