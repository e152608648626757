import { MAX_PORTS_WITH_SETTINGS } from "../../../../shared/access.ts";
import type { Refusal } from "../../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../../shared/refusal/refusal.ts";
import type { PortCapture } from "../../../objects/access/access-state.ts";
import type { ApiApp } from "../../api-app.ts";
import type { ApiContext } from "../../api-environment.ts";
import { findSandboxWorkspace } from "../../authorise/find-sandbox-workspace.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import { sandboxPortParams } from "../../schemas/port-settings-schema.ts";
import { captureChangeSchema, portCaptureSchema } from "../../schemas/request-schema.ts";

const shared = {
  path: "/v1/sandboxes/{id}/ports/{port}/capture",
  tag: "Requests",
  who: "caller",
  params: sandboxPortParams,
} as const;

const putCall = defineCall({
  ...shared,
  id: "putCapture",
  method: "put",
  summary: "Keep a port's requests",
  description: `From then on, within 5 seconds, the sandbox's host keeps the heads of the port's requests and responses, and with \`bodies\` at most 64 KiB of each body: the last 200 of the sandbox or 8 MiB, in memory only, until this start of the sandbox ends or its host's connector restarts. The setting itself stays, as other settings of the port do; at most ${MAX_PORTS_WITH_SETTINGS} ports of a sandbox have settings. Members that are not named stay.`,
  body: captureChangeSchema,
  response: { status: 200, description: "What is kept now.", schema: portCaptureSchema },
  refusals: ["sandbox_not_found", "conflict"],
});

const deleteCall = defineCall({
  ...shared,
  id: "deleteCapture",
  method: "delete",
  summary: "Keep no more of a port's requests",
  description:
    "What was kept stays until this start of the sandbox ends, and so does its `mask`, with which a later capture begins that names none. A repeated call changes nothing.",
  response: { status: 204, description: "Nothing more is kept." },
  refusals: ["sandbox_not_found"],
});

/** Whether a host keeps a port's requests. */
export function mountPortCapture(app: ApiApp): void {
  mountCall(app, putCall, async (context, { params: { id, port }, body: { bodies, mask } }) => {
    const change = {
      ...(bodies !== undefined && { bodies }),
      ...(mask !== undefined && { mask: [...new Set(mask)] }),
    };
    const capture = await setCapture(context, id, Number(port), change);
    if (isRefusal(capture)) return capture;
    return { port: Number(port), bodies: capture?.bodies ?? false, mask: [...(capture?.mask ?? [])] };
  });
  mountCall(app, deleteCall, async (context, { params: { id, port } }) => {
    const capture = await setCapture(context, id, Number(port), undefined);
    return isRefusal(capture) ? capture : {};
  });
}

async function setCapture(
  context: ApiContext,
  id: string,
  port: number,
  change: Partial<PortCapture> | undefined,
): Promise<PortCapture | undefined | Refusal> {
  const workspace = await findSandboxWorkspace(context, id);
  if (isRefusal(workspace)) return workspace;
  return context.env.environment.SANDBOX.getByName(id).setCapture(workspace, port, change);
}
