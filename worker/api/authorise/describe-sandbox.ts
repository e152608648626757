import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../shared/refusal/refusal.ts";
import type { SandboxDescription } from "../../objects/messages.ts";
import type { ApiContext } from "../api-environment.ts";
import { findSandboxWorkspace } from "./find-sandbox-workspace.ts";

/** @returns a sandbox that the caller may see, or `sandbox_not_found` */
export async function describeSandbox(
  context: ApiContext,
  id: string,
): Promise<SandboxDescription | Refusal> {
  const workspace = await findSandboxWorkspace(context, id);
  if (isRefusal(workspace)) return workspace;
  return context.env.environment.SANDBOX.getByName(id).describe(workspace);
}
