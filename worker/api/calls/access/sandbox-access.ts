import type { Refusal } from "../../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../../shared/refusal/refusal.ts";
import type { SandboxDefaults } from "../../../objects/access/access-state.ts";
import type { AccessDescription } from "../../../objects/access/describe-port.ts";
import type { ApiApp } from "../../api-app.ts";
import type { ApiContext } from "../../api-environment.ts";
import { findSandboxWorkspace } from "../../authorise/find-sandbox-workspace.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import { sandboxParams } from "../../schemas/path-params.ts";
import {
  encodeAccess,
  sandboxAccessSchema,
  sandboxDefaultsSchema,
} from "../../schemas/port-settings-schema.ts";

const shared = {
  path: "/v1/sandboxes/{id}/access",
  tag: "Sandboxes",
  who: "caller",
  params: sandboxParams,
  paramsRefusal: "sandbox_not_found",
  response: { status: 200, description: "What applies now.", schema: sandboxAccessSchema },
} as const;

const showCall = defineCall({
  ...shared,
  id: "getSandboxAccess",
  method: "get",
  summary: "Show who may visit a sandbox's ports",
});

const changeCall = defineCall({
  ...shared,
  id: "putSandboxAccess",
  method: "put",
  summary: "Change who may visit a sandbox's ports",
  description:
    "For the ports that have no access of their own. Members that are not named stay. Applies everywhere within 5 seconds, and cuts what is open.",
  body: sandboxDefaultsSchema,
});

const resetCall = defineCall({
  ...shared,
  id: "resetSandboxAccess",
  method: "delete",
  summary: "Reset who may visit a sandbox's ports",
  description: "The attach decides again, or the workspace. The ports' own settings stay.",
});

/** What applies to a sandbox's ports of which nothing else is said. */
export function mountSandboxAccess(app: ApiApp): void {
  mountCall(app, showCall, async (context, { params: { id } }) => {
    const workspace = await findSandboxWorkspace(context, id);
    if (isRefusal(workspace)) return workspace;
    const sandbox = context.env.environment.SANDBOX.getByName(id);
    const access: AccessDescription | Refusal = await sandbox.readAccess(workspace);
    return isRefusal(access) ? access : encodeAccess(access);
  });

  mountCall(app, changeCall, (context, { params: { id }, body: { access, loopback } }) =>
    change(context, id, {
      ...(access !== undefined && { access }),
      ...(loopback !== undefined && { loopback }),
    }),
  );

  mountCall(app, resetCall, (context, { params: { id } }) => change(context, id, undefined));
}

async function change(
  context: ApiContext,
  id: string,
  defaults: SandboxDefaults | undefined,
): Promise<ReturnType<typeof encodeAccess> | Refusal> {
  const workspace = await findSandboxWorkspace(context, id);
  if (isRefusal(workspace)) return workspace;
  const sandbox = context.env.environment.SANDBOX.getByName(id);
  const access: AccessDescription | Refusal = await sandbox.setAccess(workspace, defaults);
  return isRefusal(access) ? access : encodeAccess(access);
}
