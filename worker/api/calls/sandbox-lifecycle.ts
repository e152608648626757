import * as z from "zod";
import type { LaunchBody } from "../../../shared/protocol/host-calls.ts";
import {
  LAUNCH_PATH,
  launchedSandboxPath,
  launchResponseSchema,
} from "../../../shared/protocol/host-calls.ts";
import { nameSchema } from "../../../shared/protocol/schemas.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../../shared/refusal/refusal.ts";
import type { HostRecord, SandboxDescription } from "../../objects/messages.ts";
import type { ApiApp } from "../api-app.ts";
import { noteChange } from "../audit/note-change.ts";
import { describeSandbox } from "../authorise/describe-sandbox.ts";
import { findWorkspace } from "../authorise/find-workspace.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { callLauncher } from "../launch/call-launcher.ts";
import { chooseLauncherHost } from "../launch/choose-launcher-host.ts";
import { chooseSandboxId } from "../launch/choose-sandbox-id.ts";
import { sandboxParams } from "../schemas/path-params.ts";
import { encodeSandbox, sandboxSchema } from "../schemas/sandbox-schema.ts";
import { templateSchema } from "../schemas/template-schema.ts";

/** Longer than the host's own limits, so that the host's response arrives before the edge gives up. */
const LAUNCH_TIMEOUT_MS = 120_000;
const END_TIMEOUT_MS = 60_000;

const createCall = defineCall({
  id: "createSandbox",
  method: "post",
  path: "/v1/sandboxes",
  tag: "Sandboxes",
  who: "caller",
  summary: "Start a sandbox",
  description:
    "On a host that has a launcher. A call that is repeated with the same `idempotency-key` field (1 to 255 visible characters) starts no second sandbox: it returns the first one while that runs.",
  body: z.strictObject({
    template: templateSchema,
    workspace: nameSchema
      .optional()
      .describe("Needed with a token of an org that has several workspaces; else the token's own."),
  }),
  response: {
    status: 201,
    description: "It runs and is reachable.",
    schema: sandboxSchema,
  },
  refusals: ["not_found", "sandbox_not_found", "launcher_missing", "host_unreachable"],
});

const deleteCall = defineCall({
  id: "deleteSandbox",
  method: "delete",
  path: "/v1/sandboxes/{id}",
  tag: "Sandboxes",
  who: "caller",
  summary: "End a sandbox",
  description: "A repeated call changes nothing. Only where its host has a launcher.",
  params: sandboxParams,
  paramsRefusal: "sandbox_not_found",
  response: { status: 204, description: "It does not run now." },
  refusals: ["launcher_missing", "host_unreachable"],
});

/** Starts and ends sandboxes, through a host that has a launcher. */
export function mountSandboxLifecycle(app: ApiApp): void {
  mountCall(app, createCall, async (context, { body: { template, workspace: named } }) => {
    const { environment, edge } = context.env;
    const workspace = await findWorkspace(context, named);
    if (isRefusal(workspace)) return workspace;
    const chosen = await chooseSandboxId(context, workspace);
    if (isRefusal(chosen)) return chosen;
    const { id, place, isRepeatable } = chosen;
    noteChange(context, { on: `/v1/sandboxes/${id}` });
    if (isRepeatable) {
      const started: SandboxDescription | Refusal =
        await environment.SANDBOX.getByName(id).describe(workspace);
      if (!isRefusal(started)) return encodeSandbox(started);
    }
    const host = await chooseLauncherHost(environment, workspace, () => place);
    if (isRefusal(host)) return host;
    const launch: LaunchBody = { sandbox_id: id, workspace, template };
    const call = { method: "POST", body: JSON.stringify(launch) };
    const launched = await callLauncher(edge.passes, host, LAUNCH_PATH, call, LAUNCH_TIMEOUT_MS);
    if (isRefusal(launched)) return launched;
    const { data } = launchResponseSchema.safeParse(launched.json);
    await environment.SANDBOX.getByName(id).setTemplate(template, data?.size);
    const sandbox: SandboxDescription | Refusal = await environment.SANDBOX.getByName(id).describe(workspace);
    return isRefusal(sandbox) ? sandbox : encodeSandbox(sandbox);
  });

  mountCall(app, deleteCall, async (context, { params: { id } }) => {
    const { environment, edge } = context.env;
    const sandbox = await describeSandbox(context, id);
    if (isRefusal(sandbox)) return sandbox.code === "sandbox_not_found" ? undefined : sandbox;
    const host: HostRecord | undefined = await environment.HOST.getByName(sandbox.hostId).read();
    if (host?.launches !== true) return refuse("launcher_missing");
    const path = launchedSandboxPath(id);
    const ended = await callLauncher(edge.passes, host, path, { method: "DELETE" }, END_TIMEOUT_MS);
    return isRefusal(ended) ? ended : undefined;
  });
}
