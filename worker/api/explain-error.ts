import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";

const RETRY_AFTER_S = 1;

/** KV accepts one write a second to a key, and throws this for the second one. */
const KV_BUSY = /^KV (PUT|DELETE) failed: 429\b/;

/** Whether a repeated call can succeed: storage is busy or moving. */
export function isTransient(error: unknown): boolean {
  const { overloaded, retryable, message } = error as Partial<Error> & {
    overloaded?: boolean;
    retryable?: boolean;
  };
  return overloaded === true || retryable === true || KV_BUSY.test(message ?? "");
}

/** The refusal for an error: a retry can succeed where storage is busy or moving; anything else is a bug. */
export function explainError(error: Error, requestId: string): Refusal {
  const transient = isTransient(error);
  console.error({
    event: transient ? "storage_unavailable" : "bug",
    request: requestId,
    error: error.stack ?? String(error),
  });
  return transient ? refuse("edge_unavailable", { retryAfterS: RETRY_AFTER_S }) : refuse("internal");
}
