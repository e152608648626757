import type { Refusal } from "../../shared/refusal/refusal.ts";
import type { SandboxDescription } from "../objects/messages.ts";
import type { ApiContext } from "./api-environment.ts";

/** @returns a sandbox of the caller's workspace, or `sandbox_not_found` */
export function describeSandbox(context: ApiContext, id: string): Promise<SandboxDescription | Refusal> {
  return context.env.environment.SANDBOX.getByName(id).describe(context.get("caller").workspace);
}
