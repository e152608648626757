import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import { nameSchema } from "../../../shared/protocol/schemas.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import { findOrg, putOrgWorkspace } from "../../policy/orgs.ts";
import type { ApiEnvironment } from "../api-environment.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { workspaceParams } from "../schemas/path-params.ts";
import { workspaceOf } from "../workspace-of.ts";

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

/** Workspaces, which the admin creates for orgs. */
export function mountWorkspaces(app: OpenAPIHono<ApiEnvironment>): void {
  mountCall(app, putCall, async (context, { params: { workspace: id }, body: { org } }) => {
    const { POLICY } = context.env.environment;
    if ((await findOrg(POLICY, org)) === undefined) {
      return refuse("not_found", { detail: `There is no org "${org}".` });
    }
    const refusal: Refusal | undefined = await workspaceOf(context, id).create(org);
    if (refusal !== undefined) return refusal;
    await putOrgWorkspace(POLICY, org, id);
    return { id, org };
  });
}
