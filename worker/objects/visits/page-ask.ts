import type { SpentPage } from "../../../shared/refusal/refusal.ts";

/** A navigation, or a request that a page makes of its own hostname. */
export interface PageAsk {
  readonly kind: "navigation" | "own";
  /** A hash of the client's address, for IPv6 of its /64. */
  readonly client: string;
  /** Requests of the page that the response should cover, at most `SHARE_SIZE`. */
  readonly wanted: number;
  /** The isolate has admitted a navigation of that client by a lease, which refills the visit. */
  readonly refills?: true;
}

/** Part of a visit, which an isolate may spend by itself. */
export interface Share {
  /** 0 where there is none. */
  readonly permits: number;
  /** Where there is none: until it helps to ask again. */
  readonly pauseMs: number;
  /** Where there is none, but a visit: the budget that is spent. */
  readonly spent?: SpentPage;
}
