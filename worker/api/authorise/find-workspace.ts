import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../../shared/refusal/refusal.ts";
import type { OrgToken } from "../../policy/api-tokens.ts";
import type { ApiContext } from "../api-environment.ts";
import { noteChange } from "../audit/note-change.ts";
import { workspaceOf } from "../workspace-of.ts";

/**
 * Finds the workspace that a call is about.
 *
 * @param named by the call. A workspace's token opens its own only. An org's token opens all of its org, and must name
 *   one unless the org has only one
 * @returns `not_found` for a workspace that the caller may not know of, `suspended`, or `request_invalid` where one must
 *   be named
 */
export async function findWorkspace(context: ApiContext, named?: string): Promise<string | Refusal> {
  const workspace = await decide(context, named);
  if (!isRefusal(workspace)) noteChange(context, { workspace });
  return workspace;
}

async function decide(context: ApiContext, named: string | undefined): Promise<string | Refusal> {
  if (context.get("byAdmin")) return findAny(context, named);
  const caller = context.get("caller");
  if (caller.scope === "org") return findOfOrg(context, caller, named);
  return named === undefined || named === caller.workspace ? caller.workspace : refuse("not_found");
}

async function findAny(context: ApiContext, named = ""): Promise<string | Refusal> {
  const org: string | undefined = await workspaceOf(context, named).readOrg();
  return org === undefined ? refuse("not_found") : named;
}

async function findOfOrg(context: ApiContext, { org }: OrgToken, named?: string): Promise<string | Refusal> {
  const workspace = named ?? (await findOnly(context, org));
  if (isRefusal(workspace)) return workspace;
  const refusal: Refusal | undefined = await workspaceOf(context, workspace).checkAccess(org);
  return refusal ?? workspace;
}

async function findOnly(context: ApiContext, org: string): Promise<string | Refusal> {
  const [only, another]: string[] = await context.env.environment.ORG.getByName(org).listWorkspaces(2);
  if (only === undefined) return refuse("not_found", { detail: "The org has no workspace." });
  if (another === undefined) return only;
  return refuse("request_invalid", { detail: "The org has several workspaces: name one as `workspace`." });
}
