import type { Refusal } from "../../shared/refusal.ts";
import { refuse } from "../../shared/refusal.ts";

const RETRY_AFTER_S = 1;

/** What a caller hears of an error: an object that is busy or moving comes back by itself, anything else is a bug. */
export function explainError(error: Error, requestId: string): Refusal {
  const { overloaded, retryable } = error as { overloaded?: boolean; retryable?: boolean };
  const passing = overloaded === true || retryable === true;
  console.error({
    event: passing ? "object_unavailable" : "bug",
    request: requestId,
    error: error.stack ?? String(error),
  });
  return passing ? refuse("edge_unavailable", { retryAfterS: RETRY_AFTER_S }) : refuse("internal");
}
