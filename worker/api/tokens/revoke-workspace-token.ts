import { deleteApiToken } from "../../policy/api-tokens.ts";
import type { ApiContext } from "../api-environment.ts";
import { noteChange } from "../audit/note-change.ts";
import { workspaceOf } from "../workspace-of.ts";

/** The workspace's object refuses the token at once; KV may return it for a minute more. */
export async function revokeWorkspaceToken(
  context: ApiContext,
  workspace: string,
  id: string,
): Promise<undefined> {
  noteChange(context, { workspace, on: `/v1/workspaces/${workspace}/tokens/${id}` });
  await workspaceOf(context, workspace).revokeToken(id);
  await deleteApiToken(context.env.environment.POLICY, { workspace }, id);
  return undefined;
}
