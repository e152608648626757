import type { Status } from "../../shared/protocol/control-api.ts";

/** Four heartbeats: after that the edge takes a host for silent. */
export const HEARD_WITHIN_MS = 60_000;

/** Whether the edge has accepted a heartbeat lately. */
export function isHeard({ edge }: Pick<Status, "edge">, nowMs: number): boolean {
  return edge.heardAtMs !== undefined && nowMs - edge.heardAtMs < HEARD_WITHIN_MS;
}

/** Why the connector would serve no visitor, or the edge sends none; empty where it is ready. */
export function findUnreadiness(status: Status, nowMs: number): string[] {
  const { edge, keys } = status;
  const reasons: string[] = [];
  if (keys.usableUntilMs === undefined || keys.usableUntilMs <= nowMs)
    reasons.push(`no keys of the edge: ${keys.failure ?? "not fetched yet"}`);
  if (!isHeard(status, nowMs)) reasons.push(`not heard by the edge: ${edge.failure ?? "no heartbeat yet"}`);
  return reasons;
}
