import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";

/** Time after which this host may be there again. */
const RETRY_AFTER_S = 1;

export function refuseDraining(): Refusal {
  return refuse("draining", { retryAfterS: RETRY_AFTER_S });
}
