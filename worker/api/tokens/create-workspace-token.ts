import type * as z from "zod";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import type { ApiContext } from "../api-environment.ts";
import { noteChange } from "../audit/note-change.ts";
import type { createdApiTokenSchema, newApiTokenBody } from "../schemas/api-token-schema.ts";
import { encodeApiToken } from "../schemas/api-token-schema.ts";
import { workspaceOf } from "../workspace-of.ts";
import { createApiToken } from "./create-api-token.ts";

/** @returns the token with its secret, or `not_found` where there is no such workspace */
export async function createWorkspaceToken(
  context: ApiContext,
  workspace: string,
  { name, role, expires_at: expiresAt }: z.output<typeof newApiTokenBody>,
): Promise<z.input<typeof createdApiTokenSchema> | Refusal> {
  const org: string | undefined = await workspaceOf(context, workspace).readOrg();
  if (org === undefined) return refuse("not_found");
  const { token, secret } = await createApiToken(context, {
    scope: "workspace",
    name,
    role,
    workspace,
    org,
    ...(expiresAt !== undefined && { expiresAtMs: Date.parse(expiresAt) }),
  });
  noteChange(context, { workspace, on: `/v1/workspaces/${workspace}/tokens/${token.id}` });
  return { ...encodeApiToken(token), workspace, token: secret };
}
