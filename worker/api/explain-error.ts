import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";

const RETRY_AFTER_S = 1;

/** KV accepts one write a second to a key, and throws this for the second one. */
const KV_BUSY = /^KV (PUT|DELETE) failed: 429\b/;

/** The refusal for an error: a retry can succeed where storage is busy or moving; anything else is a bug. */
export function explainError(error: Error, requestId: string): Refusal {
  const { overloaded, retryable } = error as { overloaded?: boolean; retryable?: boolean };
  const isTransient = overloaded === true || retryable === true || KV_BUSY.test(error.message);
  console.error({
    event: isTransient ? "storage_unavailable" : "bug",
    request: requestId,
    error: error.stack ?? String(error),
  });
  return isTransient ? refuse("edge_unavailable", { retryAfterS: RETRY_AFTER_S }) : refuse("internal");
}
