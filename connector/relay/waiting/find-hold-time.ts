import type { RequestHead } from "../http1/parse-request-head.ts";
import type { RelayLimits } from "../limits.ts";
import { parseWaitPreference } from "./parse-wait-preference.ts";

/**
 * How long a request may be held whose port is closed: an upgrade always, since a hot-reload client gives up after one
 * failure; another GET only where it prefers to wait; one with a body never.
 *
 * @returns milliseconds, 0 for a request that is refused at once
 */
export function findHoldTime(head: RequestHead, limits: RelayLimits): number {
  if (head.method !== "GET" || head.body === "chunked" || head.bodyLength > 0) return 0;
  if (head.webSocketKey !== undefined) return limits.upgradeHoldMs;
  return Math.min(preferredSeconds(head) * 1000, limits.maxHoldMs);
}

function preferredSeconds({ fields }: RequestHead): number {
  const values = fields.filter(({ name }) => name.lower === "prefer").map(({ value }) => value);
  return parseWaitPreference(values) ?? 0;
}
