import type { ApiContext } from "./api-environment.ts";

/** The object of a workspace. */
export function workspaceOf(context: ApiContext, workspace: string) {
  return context.env.environment.WORKSPACE.getByName(workspace);
}
