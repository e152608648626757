import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import { isRefusal, refuse } from "../../../shared/refusal/refusal.ts";
import { versionOf } from "../../objects/signing-keys.ts";
import type { ApiEnvironment } from "../api-environment.ts";
import { workspaceOf } from "../authenticate.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { nameSchema, workspaceParams } from "../schemas/name-schema.ts";

const rotateCall = defineCall({
  id: "rotateSigningKey",
  method: "post",
  path: "/v1/workspaces/{workspace}/signing-key/rotate",
  tag: "Links",
  who: "caller",
  summary: "Rotate the key that signs links",
  description: "Former links hold for up to 7 days more, or not at all with `cut_previous`.",
  params: workspaceParams,
  body: z.strictObject({
    cut_previous: z.boolean().default(false).describe("Former links open nothing from now on."),
  }),
  misnamed: "not_found",
  answer: {
    status: 200,
    description: "The key that signs from now on.",
    schema: z
      .object({
        workspace: nameSchema.describe("The workspace."),
        key_version: z.int().min(0).describe("Wraps from 31 to 0."),
        previous_versions: z.int().min(0).describe("How many former versions still verify links."),
      })
      .meta({ id: "SigningKey" }),
  },
});

/** The key from which a workspace's links are signed. */
export function mountSigningKeys(app: OpenAPIHono<ApiEnvironment>): void {
  mountCall(app, rotateCall, async (context, { params, body }) => {
    const { workspace } = context.get("caller");
    if (params.workspace !== workspace) return refuse("not_found");
    const keys = await workspaceOf(context, workspace).rotateKeys(body.cut_previous);
    if (isRefusal(keys)) return keys;
    return { workspace, key_version: versionOf(keys.revision), previous_versions: keys.previous.length };
  });
}
