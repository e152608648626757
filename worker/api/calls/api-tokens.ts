import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import { nameSchema, uuidSchema } from "../../../shared/protocol/schemas.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import { sha256Hex } from "../../../shared/sha256-hex.ts";
import { deleteApiToken, listApiTokens, putApiToken } from "../../policy/api-tokens.ts";
import type { ApiEnvironment } from "../api-environment.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { createApiToken } from "../create-api-token.ts";
import { formatTime } from "../format-time.ts";
import { workspaceParams } from "../schemas/path-params.ts";
import { timeSchema } from "../schemas/time-schema.ts";
import { titleSchema } from "../schemas/title-schema.ts";
import { workspaceOf } from "../workspace-of.ts";

const PATH = "/v1/admin/workspaces/{workspace}/tokens";

const apiTokenSchema = z
  .object({
    id: uuidSchema.describe("Identifies the token. It is not the secret."),
    name: titleSchema,
    created_at: timeSchema,
  })
  .meta({ id: "ApiToken" });

const createCall = defineCall({
  id: "createApiToken",
  method: "post",
  path: PATH,
  tag: "Admin",
  who: "admin",
  summary: "Create an API token",
  description: "Only this response shows the secret: the edge keeps its SHA-256.",
  params: workspaceParams,
  body: z.strictObject({ name: titleSchema }),
  response: {
    status: 201,
    description: "The token.",
    schema: z
      .object({
        ...apiTokenSchema.shape,
        workspace: nameSchema.describe("The workspace whose sandboxes and links it opens."),
        token: z
          .string()
          .meta({ description: "The secret.", example: "pvw_0JdG3rXbq1oSx5m8cVtYw2kLh7zUe4nPaRf9iQyB6DE" }),
      })
      .meta({ id: "NewApiToken" }),
  },
  refusals: ["not_found"],
});

const listCall = defineCall({
  id: "listApiTokens",
  method: "get",
  path: PATH,
  tag: "Admin",
  who: "admin",
  summary: "List a workspace's API tokens",
  params: workspaceParams,
  response: {
    status: 200,
    description: "All of them, without their secrets.",
    schema: z.object({ tokens: z.array(apiTokenSchema) }).meta({ id: "ApiTokens" }),
  },
});

const deleteCall = defineCall({
  id: "deleteApiToken",
  method: "delete",
  path: `${PATH}/{token}`,
  tag: "Admin",
  who: "admin",
  summary: "Revoke an API token",
  description: "The token is refused from then on. A repeated call changes nothing.",
  params: workspaceParams.extend({ token: uuidSchema.describe("The token's id.") }),
  response: { status: 204, description: "The token does not exist now." },
});

/** API tokens of workspaces, which the admin creates. */
export function mountApiTokens(app: OpenAPIHono<ApiEnvironment>): void {
  mountCall(app, createCall, async (context, { params: { workspace }, body: { name } }) => {
    const org: string | undefined = await workspaceOf(context, workspace).readOrg();
    if (org === undefined) return refuse("not_found");
    const apiToken = createApiToken();
    const id = crypto.randomUUID();
    const createdAt = formatTime(Date.now());
    const record = { id, name, workspace, org, createdAt };
    await putApiToken(context.env.environment.POLICY, await sha256Hex(apiToken), record);
    return { id, name, workspace, token: apiToken, created_at: createdAt };
  });

  mountCall(app, listCall, async (context, { params: { workspace } }) => {
    const tokens = await listApiTokens(context.env.environment.POLICY, workspace);
    return { tokens: tokens.map(({ id, name, createdAt }) => ({ id, name, created_at: createdAt })) };
  });

  mountCall(app, deleteCall, async (context, { params: { workspace, token: id } }) => {
    await workspaceOf(context, workspace).revokeToken(id);
    await deleteApiToken(context.env.environment.POLICY, workspace, id);
  });
}
