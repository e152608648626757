import type { AuditEntry } from "./audit-trail.ts";

export interface SandboxMove {
  readonly sandboxId: string;
  /** Ids of hosts. */
  readonly from: string;
  readonly to: string;
}

/** The entry about a sandbox that another host has announced while it was running. */
export function describeMove({ sandboxId, from, to }: SandboxMove, nowMs: number): AuditEntry {
  return {
    atMs: nowMs,
    who: { kind: "host", id: to },
    what: "moveSandbox",
    on: `/v1/sandboxes/${sandboxId}`,
    result: "ok",
    detail: `from host ${from} to host ${to}`,
  };
}
