import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../../shared/refusal/refusal.ts";
import type { SandboxOwner } from "../../objects/messages.ts";
import type { ApiContext } from "../api-environment.ts";
import { findWorkspace } from "./find-workspace.ts";

/**
 * Finds the workspace in which the caller may look for a sandbox: its own, or with an org's token the one that owns the
 * sandbox.
 *
 * @returns `sandbox_not_found` for a sandbox of another org, `suspended`
 */
export async function findSandboxWorkspace(context: ApiContext, id: string): Promise<string | Refusal> {
  const caller = context.get("caller");
  if (caller.scope === "workspace") return findWorkspace(context);
  const owner: SandboxOwner | undefined = await context.env.environment.SANDBOX.getByName(id).readOwner();
  if (owner?.org !== caller.org) return refuse("sandbox_not_found");
  const workspace = await findWorkspace(context, owner.workspace);
  return isRefusal(workspace) && workspace.code === "not_found" ? refuse("sandbox_not_found") : workspace;
}
