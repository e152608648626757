import type { RefusalCode } from "../../../shared/refusal/refusal.ts";
import type { ResponseHead } from "../http1/parse-response-head.ts";

import type { ExchangeOutcome } from "./exchange-outcome.ts";

/** Follows one exchange for the request log. Nothing that it is given stays valid once the call has returned. */
export interface Recording {
  /** The head as the guest gets it; again where the request is sent again. */
  onRequestHead(text: string): void;
  onRequestBody(bytes: Buffer, start: number, end: number): void;
  /** @param chunked the body's pieces come with their chunked framing */
  onResponse(head: ResponseHead, chunked: boolean): void;
  onResponseBody(bytes: Buffer, start: number, end: number): void;
  /** The exchange becomes a tunnel; `onTunnelClosed` follows in place of `onOver`. */
  onTunnel(head: ResponseHead): void;
  /** @param sent frames of the visitor */
  onTunnelClosed(sent: number, received: number): void;
  onOver(outcome: ExchangeOutcome, status: number, refused: RefusalCode | undefined): void;
}
