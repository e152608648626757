import { INSTANCE_HOLD_MS } from "../../../shared/protocol/host-api.ts";
import type { HostCaller } from "../../../shared/protocol/host-token.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";

/** The connector of a host that the edge has heard last. */
export interface HeardInstance {
  readonly instance: string;
  /** Unix milliseconds. */
  readonly heardAtMs: number;
}

/**
 * Refuses a second connector with a host's key while the first one is in use: their lists of guests differ, and each
 * heartbeat of the one would end the guests of the other.
 *
 * @returns `conflict`, or `undefined` for the same connector, one that takes over, and one that names no instance
 */
export function checkInstance(
  heard: HeardInstance | undefined,
  { instance, takesOver }: HostCaller,
  nowMs: number,
): Refusal | undefined {
  if (heard === undefined || instance === undefined || takesOver || instance === heard.instance)
    return undefined;
  const agoMs = Math.max(nowMs - heard.heardAtMs, 0);
  if (agoMs >= INSTANCE_HOLD_MS) return undefined;
  return refuse("conflict", {
    detail: `Another connector of this host was heard ${Math.round(agoMs / 1000)} s ago. Stop that one; this one is accepted ${INSTANCE_HOLD_MS / 1000} s later, or at once with \`preview-connector run --take-over\`.`,
    retryAfterS: Math.ceil((INSTANCE_HOLD_MS - agoMs) / 1000),
  });
}
