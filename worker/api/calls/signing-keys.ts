import * as z from "zod";
import { nameSchema } from "../../../shared/protocol/schemas.ts";
import { isRefusal } from "../../../shared/refusal/refusal.ts";
import { versionOf } from "../../objects/signing-keys.ts";
import type { ApiApp } from "../api-app.ts";
import { findWorkspace } from "../authorise/find-workspace.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { workspaceParams } from "../schemas/path-params.ts";
import { workspaceOf } from "../workspace-of.ts";

const rotateCall = defineCall({
  id: "rotateSigningKey",
  method: "post",
  path: "/v1/workspaces/{workspace}/signing-key/rotate",
  tag: "Links",
  who: "caller",
  role: "owner",
  summary: "Rotate the key that signs links",
  description: "Links of former keys work for up to 7 days more, or end at once with `cut_previous`.",
  params: workspaceParams,
  body: z.strictObject({
    cut_previous: z.boolean().default(false).describe("Links of former keys are refused from now on."),
  }),
  paramsRefusal: "not_found",
  response: {
    status: 200,
    description: "The new key.",
    schema: z
      .object({
        workspace: nameSchema.describe("The workspace."),
        key_version: z.int().min(0).describe("Wraps from 31 to 0."),
        previous_versions: z.int().min(0).describe("How many former versions still verify links."),
      })
      .meta({ id: "SigningKey" }),
  },
});

/** The keys that sign the links of workspaces. */
export function mountSigningKeys(app: ApiApp): void {
  mountCall(app, rotateCall, async (context, { params, body }) => {
    const workspace = await findWorkspace(context, params.workspace);
    if (isRefusal(workspace)) return workspace;
    const keys = await workspaceOf(context, workspace).rotateKeys(body.cut_previous);
    if (isRefusal(keys)) return keys;
    return { workspace, key_version: versionOf(keys.revision), previous_versions: keys.previous.length };
  });
}
