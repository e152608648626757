import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";

const RETRY_AFTER_S = 1;

/** KV takes one write a second to a key, and says this of the second. */
const KV_BUSY = /^KV (PUT|DELETE) failed: 429\b/;

/** What a caller hears of an error: storage that is busy or moving comes back by itself, anything else is a bug. */
export function explainError(error: Error, requestId: string): Refusal {
  const { overloaded, retryable } = error as { overloaded?: boolean; retryable?: boolean };
  const passing = overloaded === true || retryable === true || KV_BUSY.test(error.message);
  console.error({
    event: passing ? "storage_unavailable" : "bug",
    request: requestId,
    error: error.stack ?? String(error),
  });
  return passing ? refuse("edge_unavailable", { retryAfterS: RETRY_AFTER_S }) : refuse("internal");
}
