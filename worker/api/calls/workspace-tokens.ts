import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../../shared/refusal/refusal.ts";
import { listApiTokens } from "../../policy/api-tokens.ts";
import type { ApiApp } from "../api-app.ts";
import type { ApiContext } from "../api-environment.ts";
import { findWorkspace } from "../authorise/find-workspace.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { formatTime } from "../format-time.ts";
import {
  apiTokensSchema,
  createdApiTokenSchema,
  encodeApiToken,
  newApiTokenBody,
  tokenIdSchema,
} from "../schemas/api-token-schema.ts";
import { workspaceParams } from "../schemas/path-params.ts";
import { createWorkspaceToken } from "../tokens/create-workspace-token.ts";
import { revokeWorkspaceToken } from "../tokens/revoke-workspace-token.ts";

/** Each token is kept until it is revoked. */
export const MAX_TOKENS_PER_WORKSPACE = 100;

const shared = {
  tag: "Workspaces",
  who: "caller",
  role: "owner",
  params: workspaceParams,
  paramsRefusal: "not_found",
} as const;

const PATH = "/v1/workspaces/{workspace}/tokens";

const createCall = defineCall({
  ...shared,
  id: "createWorkspaceToken",
  method: "post",
  path: PATH,
  summary: "Create an API token",
  description: `Only this response shows the secret: the edge keeps its SHA-256. The token does not outlive the one that creates it, if that one expires. A workspace has at most ${MAX_TOKENS_PER_WORKSPACE}.`,
  body: newApiTokenBody,
  response: { status: 201, description: "The token.", schema: createdApiTokenSchema },
  refusals: ["conflict"],
});

const listCall = defineCall({
  ...shared,
  id: "listWorkspaceTokens",
  method: "get",
  path: PATH,
  summary: "List the API tokens",
  response: { status: 200, description: "All of them, without their secrets.", schema: apiTokensSchema },
});

const deleteCall = defineCall({
  ...shared,
  id: "deleteWorkspaceToken",
  method: "delete",
  path: `${PATH}/{token}`,
  summary: "Revoke an API token",
  description: "The token is refused from then on. A repeated call changes nothing.",
  params: workspaceParams.extend({ token: tokenIdSchema }),
  response: { status: 204, description: "The token does not exist now." },
});

/** API tokens of workspaces, as their owners have them. */
export function mountWorkspaceTokens(app: ApiApp): void {
  mountCall(app, createCall, async (context, { params, body }) => {
    const workspace = await findWorkspace(context, params.workspace);
    if (isRefusal(workspace)) return workspace;
    const refusal = await checkNumber(context, workspace);
    if (refusal !== undefined) return refusal;
    return createWorkspaceToken(context, workspace, { ...body, expires_at: limitExpiry(context, body) });
  });

  mountCall(app, listCall, async (context, { params }) => {
    const workspace = await findWorkspace(context, params.workspace);
    if (isRefusal(workspace)) return workspace;
    const tokens = await listApiTokens(context.env.environment.POLICY, { workspace });
    return { tokens: tokens.map(encodeApiToken) };
  });

  mountCall(app, deleteCall, async (context, { params }) => {
    const workspace = await findWorkspace(context, params.workspace);
    return isRefusal(workspace) ? workspace : revokeWorkspaceToken(context, workspace, params.token);
  });
}

async function checkNumber(context: ApiContext, workspace: string): Promise<Refusal | undefined> {
  const tokens = await listApiTokens(context.env.environment.POLICY, { workspace });
  if (tokens.length < MAX_TOKENS_PER_WORKSPACE) return undefined;
  return refuse("conflict", {
    detail: `The workspace has ${MAX_TOKENS_PER_WORKSPACE} API tokens. Revoke one first.`,
  });
}

/** Otherwise a token that expires could make itself a successor that does not. */
function limitExpiry(context: ApiContext, { expires_at: wanted }: { expires_at?: string | undefined }) {
  const { expiresAtMs } = context.get("caller");
  if (expiresAtMs === undefined) return wanted;
  return formatTime(Math.min(expiresAtMs, wanted === undefined ? expiresAtMs : Date.parse(wanted)));
}
