import * as z from "zod";
import type { Access } from "../../../../shared/access.ts";
import { accessSchema, nameSchema } from "../../../../shared/protocol/schemas.ts";
import type { Refusal } from "../../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../../shared/refusal/refusal.ts";
import type { ApiApp } from "../../api-app.ts";
import type { ApiContext } from "../../api-environment.ts";
import { findWorkspace } from "../../authorise/find-workspace.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import { workspaceParams } from "../../schemas/path-params.ts";
import { workspaceOf } from "../../workspace-of.ts";

const workspaceAccessSchema = z
  .object({ workspace: nameSchema.describe("The workspace."), access: accessSchema })
  .meta({ id: "WorkspaceAccess" });

const shared = {
  path: "/v1/workspaces/{workspace}/access",
  tag: "Workspaces",
  who: "caller",
  params: workspaceParams,
  paramsRefusal: "not_found",
  response: { status: 200, description: "What applies now.", schema: workspaceAccessSchema },
  refusals: ["not_found"],
} as const;

const showCall = defineCall({
  ...shared,
  id: "getWorkspaceAccess",
  method: "get",
  summary: "Show who may visit a workspace's sandboxes",
});

const changeCall = defineCall({
  ...shared,
  id: "putWorkspaceAccess",
  method: "put",
  role: "owner",
  summary: "Change who may visit a workspace's sandboxes",
  description:
    "For all of its sandboxes, also those that run, where neither a port, nor the sandbox, nor its attach says anything else.",
  body: z.strictObject({ access: accessSchema }),
});

const resetCall = defineCall({
  ...shared,
  id: "resetWorkspaceAccess",
  method: "delete",
  role: "owner",
  summary: "Reset who may visit a workspace's sandboxes",
  description: "They are public, where nothing else is said.",
});

/** What applies to a workspace's sandboxes of which nothing else is said. */
export function mountWorkspaceAccess(app: ApiApp): void {
  mountCall(app, showCall, async (context, { params }) => {
    const workspace = await findWorkspace(context, params.workspace);
    if (isRefusal(workspace)) return workspace;
    const access: Access | undefined = await workspaceOf(context, workspace).readAccess();
    return { workspace, access: access ?? "public" };
  });

  mountCall(app, changeCall, (context, { params, body }) => change(context, params.workspace, body.access));

  mountCall(app, resetCall, (context, { params }) => change(context, params.workspace, undefined));
}

async function change(
  context: ApiContext,
  name: string,
  access: Access | undefined,
): Promise<z.input<typeof workspaceAccessSchema> | Refusal> {
  const workspace = await findWorkspace(context, name);
  if (isRefusal(workspace)) return workspace;
  const refusal: Refusal | undefined = await workspaceOf(context, workspace).setAccess(access);
  return refusal ?? { workspace, access: access ?? "public" };
}
