import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import { refuse } from "../../../shared/refusal/refusal.ts";
import { sha256Hex } from "../../../shared/sha256-hex.ts";
import { deleteApiToken, listApiTokens, putApiToken } from "../../policy/api-tokens.ts";
import { formatTime } from "../answer.ts";
import type { ApiEnvironment } from "../api-environment.ts";
import { workspaceOf } from "../authenticate.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { nameSchema, titleSchema, workspaceParams } from "../schemas/name-schema.ts";
import { timeSchema } from "../schemas/time-schema.ts";
import { uuidSchema } from "../schemas/uuid-schema.ts";

const API_TOKEN_BYTES = 32;

const PATH = "/v1/admin/workspaces/{workspace}/tokens";

const listedToken = z
  .object({
    id: uuidSchema.describe("Names the token without being it."),
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
  description: "The answer is the only place where it is shown: the edge keeps its SHA-256.",
  params: workspaceParams,
  body: z.strictObject({ name: titleSchema }),
  answer: {
    status: 201,
    description: "The token.",
    schema: z
      .object({
        ...listedToken.shape,
        workspace: nameSchema.describe("The workspace it opens."),
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
  answer: {
    status: 200,
    description: "All of them, without their secret.",
    schema: z.object({ tokens: z.array(listedToken) }).meta({ id: "ApiTokens" }),
  },
});

const deleteCall = defineCall({
  id: "deleteApiToken",
  method: "delete",
  path: `${PATH}/{token}`,
  tag: "Admin",
  who: "admin",
  summary: "Withdraw an API token",
  description: "Refused from then on. Again changes nothing.",
  params: workspaceParams.extend({ token: uuidSchema.describe("The token's id.") }),
  answer: { status: 204, description: "There is no such token now." },
});

/** API tokens of workspaces, made by the admin. */
export function mountAdminTokens(app: OpenAPIHono<ApiEnvironment>): void {
  mountCall(app, createCall, async (context, { params: { workspace }, body: { name } }) => {
    const org: string | undefined = await workspaceOf(context, workspace).readOrg();
    if (org === undefined) return refuse("not_found");
    const token = createApiToken();
    const id = crypto.randomUUID();
    const createdAt = formatTime(Date.now());
    const record = { id, name, workspace, org, createdAt };
    await putApiToken(context.env.environment.POLICY, await sha256Hex(token), record);
    return { id, name, workspace, token, created_at: createdAt };
  });

  mountCall(app, listCall, async (context, { params: { workspace } }) => {
    const tokens = await listApiTokens(context.env.environment.POLICY, workspace);
    return { tokens: tokens.map(({ id, name, createdAt }) => ({ id, name, created_at: createdAt })) };
  });

  mountCall(app, deleteCall, async (context, { params: { workspace, token } }) => {
    await workspaceOf(context, workspace).revokeToken(token);
    await deleteApiToken(context.env.environment.POLICY, workspace, token);
  });
}

/** The prefix lets secret scanners find a leaked token. */
function createApiToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(API_TOKEN_BYTES));
  const text = btoa(String.fromCharCode(...bytes));
  return `pvw_${text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}
