import * as z from "zod";
import { nameSchema } from "../../../../shared/protocol/schemas.ts";
import type { Refusal } from "../../../../shared/refusal/refusal.ts";
import { refuse } from "../../../../shared/refusal/refusal.ts";
import type { OrgState } from "../../../objects/messages.ts";
import { putOrgWorkspace } from "../../../policy/orgs.ts";
import { readOrg } from "../../../policy/read-org.ts";
import type { ApiApp } from "../../api-app.ts";
import { noteChange } from "../../audit/note-change.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import { workspaceParams } from "../../schemas/path-params.ts";
import { workspaceOf } from "../../workspace-of.ts";

const OF_ANOTHER_ORG = "The workspace belongs to another org.";

const putCall = defineCall({
  id: "putWorkspace",
  method: "put",
  path: "/v1/admin/workspaces/{workspace}",
  tag: "Admin",
  who: "admin",
  summary: "Create a workspace",
  description: "A workspace cannot move to another org.",
  params: workspaceParams,
  body: z.strictObject({ org: nameSchema.describe("The org it belongs to.") }),
  response: {
    status: 200,
    description: "The workspace.",
    schema: z
      .object({ id: nameSchema.describe("The workspace's id."), org: nameSchema.describe("Its org.") })
      .meta({ id: "Workspace" }),
  },
  refusals: ["not_found", "conflict"],
});

/**
 * Workspaces, which the admin creates for orgs.
 *
 * The org lists the workspace before it is created, and its state is read after: however the two overlap with a
 * suspension of the org or a change of its limit, the workspace gets it.
 */
export function mountWorkspaces(app: ApiApp): void {
  mountCall(app, putCall, async (context, { params: { workspace: id }, body: { org } }) => {
    const { environment } = context.env;
    noteChange(context, { workspace: id });
    if ((await readOrg(environment, org)) === undefined) {
      return refuse("not_found", { detail: `There is no org "${org}".` });
    }
    const owner: string | undefined = await workspaceOf(context, id).readOrg();
    if (owner !== undefined && owner !== org) return refuse("conflict", { detail: OF_ANOTHER_ORG });
    const orgObject = environment.ORG.getByName(org);
    await orgObject.addWorkspaces([id]);
    const refusal: Refusal | undefined = await workspaceOf(context, id).create(org);
    if (refusal !== undefined) return refusal;
    const state: OrgState = await orgObject.readState();
    await workspaceOf(context, id).applyOrgState(state);
    await putOrgWorkspace(environment.POLICY, org, id);
    return { id, org };
  });
}
