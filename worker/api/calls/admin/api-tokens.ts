import { listApiTokens } from "../../../policy/api-tokens.ts";
import type { ApiApp } from "../../api-app.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import {
  apiTokensSchema,
  createdApiTokenSchema,
  encodeApiToken,
  newApiTokenBody,
  tokenIdSchema,
} from "../../schemas/api-token-schema.ts";
import { workspaceParams } from "../../schemas/path-params.ts";
import { createWorkspaceToken } from "../../tokens/create-workspace-token.ts";
import { revokeWorkspaceToken } from "../../tokens/revoke-workspace-token.ts";

const PATH = "/v1/admin/workspaces/{workspace}/tokens";

const createCall = defineCall({
  id: "createApiToken",
  method: "post",
  path: PATH,
  tag: "Admin",
  who: "admin",
  summary: "Create an API token",
  description: "Only this response shows the secret: the edge keeps its SHA-256.",
  params: workspaceParams,
  body: newApiTokenBody,
  response: { status: 201, description: "The token.", schema: createdApiTokenSchema },
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
  response: { status: 200, description: "All of them, without their secrets.", schema: apiTokensSchema },
});

const deleteCall = defineCall({
  id: "deleteApiToken",
  method: "delete",
  path: `${PATH}/{token}`,
  tag: "Admin",
  who: "admin",
  summary: "Revoke an API token",
  description: "The token is refused from then on. A repeated call changes nothing.",
  params: workspaceParams.extend({ token: tokenIdSchema }),
  response: { status: 204, description: "The token does not exist now." },
});

/** API tokens of workspaces, as the admin has them. */
export function mountApiTokens(app: ApiApp): void {
  mountCall(app, createCall, (context, { params: { workspace }, body }) =>
    createWorkspaceToken(context, workspace, body),
  );

  mountCall(app, listCall, async (context, { params: { workspace } }) => {
    const tokens = await listApiTokens(context.env.environment.POLICY, { workspace });
    return { tokens: tokens.map(encodeApiToken) };
  });

  mountCall(app, deleteCall, (context, { params: { workspace, token } }) =>
    revokeWorkspaceToken(context, workspace, token),
  );
}
