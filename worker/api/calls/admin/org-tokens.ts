import { refuse } from "../../../../shared/refusal/refusal.ts";
import { deleteApiToken, listApiTokens } from "../../../policy/api-tokens.ts";
import { readOrg } from "../../../policy/read-org.ts";
import type { ApiApp } from "../../api-app.ts";
import { noteChange } from "../../audit/note-change.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import {
  apiTokensSchema,
  createdOrgTokenSchema,
  encodeApiToken,
  newOrgTokenBody,
  tokenIdSchema,
} from "../../schemas/api-token-schema.ts";
import { orgParams } from "../../schemas/path-params.ts";
import { createApiToken } from "../../tokens/create-api-token.ts";

const PATH = "/v1/admin/orgs/{org}/tokens";

const createCall = defineCall({
  id: "createOrgToken",
  method: "post",
  path: PATH,
  tag: "Admin",
  who: "admin",
  summary: "Create a token of an org",
  description:
    "It is an owner in all workspaces of the org, and may change the org's rate limit up to its ceiling. Only this response shows the secret: the edge keeps its SHA-256.",
  params: orgParams,
  body: newOrgTokenBody,
  response: { status: 201, description: "The token.", schema: createdOrgTokenSchema },
  refusals: ["not_found"],
});

const listCall = defineCall({
  id: "listOrgTokens",
  method: "get",
  path: PATH,
  tag: "Admin",
  who: "admin",
  summary: "List an org's tokens",
  params: orgParams,
  response: { status: 200, description: "All of them, without their secrets.", schema: apiTokensSchema },
});

const deleteCall = defineCall({
  id: "deleteOrgToken",
  method: "delete",
  path: `${PATH}/{token}`,
  tag: "Admin",
  who: "admin",
  summary: "Revoke a token of an org",
  description: "The token is refused from then on. A repeated call changes nothing.",
  params: orgParams.extend({ token: tokenIdSchema }),
  response: { status: 204, description: "The token does not exist now." },
});

/** Tokens of whole orgs, which the admin creates. */
export function mountOrgTokens(app: ApiApp): void {
  mountCall(app, createCall, async (context, { params: { org }, body }) => {
    if ((await readOrg(context.env.environment, org)) === undefined) return refuse("not_found");
    const { name, expires_at: expiresAt } = body;
    const { token, secret } = await createApiToken(context, {
      scope: "org",
      name,
      role: "owner",
      org,
      ...(expiresAt !== undefined && { expiresAtMs: Date.parse(expiresAt) }),
    });
    noteChange(context, { on: `/v1/admin/orgs/${org}/tokens/${token.id}` });
    return { ...encodeApiToken(token), org, token: secret };
  });

  mountCall(app, listCall, async (context, { params: { org } }) => {
    const tokens = await listApiTokens(context.env.environment.POLICY, { org });
    return { tokens: tokens.map(encodeApiToken) };
  });

  mountCall(app, deleteCall, async (context, { params: { org, token: id } }) => {
    const { POLICY, ORG } = context.env.environment;
    await ORG.getByName(org).revokeToken(id);
    await deleteApiToken(POLICY, { org }, id);
  });
}
