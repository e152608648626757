import type { Environment } from "../../environment.ts";
import type { AuditEntry } from "./audit-trail.ts";

/**
 * Adds a change to the last ones of a workspace. A failure is logged, and nothing more: the change has been made by then.
 */
export async function recordChange(
  environment: Pick<Environment, "WORKSPACE">,
  workspace: string,
  entry: AuditEntry,
): Promise<void> {
  try {
    await environment.WORKSPACE.getByName(workspace).recordChange(entry);
  } catch (error) {
    console.error({ event: "audit_not_written", workspace, ...entry, error: String(error) });
  }
}
