import { MAX_PORTS_WITH_SETTINGS } from "../../../../shared/access.ts";
import { AGENT_PORT } from "../../../../shared/port.ts";
import type { Refusal } from "../../../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../../../shared/refusal/refusal.ts";
import type { PortDescription } from "../../../objects/access/describe-port.ts";
import type { ApiApp } from "../../api-app.ts";
import { findSandboxWorkspace } from "../../authorise/find-sandbox-workspace.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import {
  decodePortSettings,
  describedPortSchema,
  encodePort,
  portSettingsSchema,
  sandboxPortParams,
} from "../../schemas/port-settings-schema.ts";

const shared = {
  path: "/v1/sandboxes/{id}/ports/{port}",
  tag: "Sandboxes",
  who: "caller",
  params: sandboxPortParams,
} as const;

const putCall = defineCall({
  ...shared,
  id: "putPort",
  method: "put",
  summary: "Change a port's settings",
  description: `Members that are not named stay. They hold for every start of the sandbox. They can be changed while it is stopped, if it has settings or links: else it is forgotten when it ends. A change of access applies everywhere within 5 seconds, and cuts what is open. At most ${MAX_PORTS_WITH_SETTINGS} ports of a sandbox have settings.`,
  body: portSettingsSchema,
  response: { status: 200, description: "What applies to the port now.", schema: describedPortSchema },
  refusals: ["sandbox_not_found", "conflict"],
});

const resetCall = defineCall({
  ...shared,
  id: "resetPort",
  method: "delete",
  summary: "Reset a port's settings",
  description: "A repeated call changes nothing.",
  response: { status: 204, description: "It has no settings." },
  refusals: ["sandbox_not_found"],
});

const OF_AGENT = "The port belongs to the sandbox's agent: it is never served.";

/** Who may visit a port, and how it is reached. */
export function mountPortSettings(app: ApiApp): void {
  mountCall(app, putCall, async (context, { params: { id, port: text }, body }) => {
    const port = Number(text);
    if (port === AGENT_PORT)
      return refuse("request_invalid", { errors: [{ path: "{port}", message: OF_AGENT }] });
    const workspace = await findSandboxWorkspace(context, id);
    if (isRefusal(workspace)) return workspace;
    const sandbox = context.env.environment.SANDBOX.getByName(id);
    const change = decodePortSettings(body);
    const changed: PortDescription | Refusal = await sandbox.setPort(workspace, port, change);
    return isRefusal(changed) ? changed : encodePort(changed);
  });

  mountCall(app, resetCall, async (context, { params: { id, port } }) => {
    const workspace = await findSandboxWorkspace(context, id);
    if (isRefusal(workspace)) return workspace;
    const sandbox = context.env.environment.SANDBOX.getByName(id);
    const refusal: Refusal | undefined = await sandbox.resetPort(workspace, Number(port));
    return refusal ?? {};
  });
}
