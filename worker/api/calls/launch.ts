import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../../shared/refusal/refusal.ts";
import { callHost } from "../../hosts/call-host.ts";
import type { HostRecord } from "../../objects/messages.ts";
import { listLauncherHosts } from "../../policy/launcher-hosts.ts";
import type { ApiContext, ApiEnvironment } from "../api-environment.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { sandboxSchema, templateSchema, toSandbox } from "../schemas/sandbox-schema.ts";
import { sandboxParams } from "../schemas/uuid-schema.ts";
import { describeSandbox } from "./sandboxes.ts";

const createCall = defineCall({
  id: "createSandbox",
  method: "post",
  path: "/v1/sandboxes",
  tag: "Sandboxes",
  who: "caller",
  summary: "Start a sandbox",
  description: "On a host that has a launcher.",
  body: z.strictObject({ template: templateSchema }),
  answer: {
    status: 201,
    description: "It runs and is reachable.",
    schema: sandboxSchema,
  },
  refusals: ["sandbox_not_found", "launcher_missing", "host_unreachable"],
});

const deleteCall = defineCall({
  id: "deleteSandbox",
  method: "delete",
  path: "/v1/sandboxes/{id}",
  tag: "Sandboxes",
  who: "caller",
  summary: "End a sandbox",
  description: "Again changes nothing. Only where its host has a launcher.",
  params: sandboxParams,
  misnamed: "sandbox_not_found",
  answer: { status: 204, description: "It does not run now." },
  refusals: ["launcher_missing", "host_unreachable"],
});

const MAX_HOSTS_TRIED = 5;

/** Longer than a host's own, so that its word on what became of the machine is heard. */
const LAUNCH_TIMEOUT_MS = 120_000;
const END_TIMEOUT_MS = 60_000;

/** Starts and ends sandboxes, through a host that has a launcher. */
export function mountLaunch(app: OpenAPIHono<ApiEnvironment>): void {
  mountCall(app, createCall, async (context, { body: { template } }) => {
    const host = await chooseHost(context);
    if (isRefusal(host)) return host;
    const { workspace } = context.get("caller");
    const id = crypto.randomUUID();
    const call = { method: "POST", body: JSON.stringify({ sandbox_id: id, workspace, template }) };
    const refusal = await callLauncher(context, host, "/sandboxes", call, LAUNCH_TIMEOUT_MS);
    if (refusal !== undefined) return refusal;
    await context.env.environment.SANDBOX.getByName(id).setTemplate(template);
    const sandbox = await describeSandbox(context, id);
    return isRefusal(sandbox) ? sandbox : toSandbox(sandbox);
  });

  mountCall(app, deleteCall, async (context, { params: { id } }) => {
    const sandbox = await describeSandbox(context, id);
    if (isRefusal(sandbox)) return undefined;
    const host: HostRecord | undefined = await context.env.environment.HOST.getByName(sandbox.hostId).read();
    if (host?.launches !== true) return refuse("launcher_missing");
    return callLauncher(context, host, `/sandboxes/${id}`, { method: "DELETE" }, END_TIMEOUT_MS);
  });
}

/** Any host that has a launcher and is heard: which one is best is for whoever runs more than one. */
async function chooseHost(context: ApiContext): Promise<HostRecord | Refusal> {
  const { POLICY, HOST } = context.env.environment;
  const ids = await listLauncherHosts(POLICY);
  if (ids.length === 0) return refuse("launcher_missing");
  const first = Math.floor(Math.random() * ids.length);
  for (const id of [...ids.slice(first), ...ids.slice(0, first)].slice(0, MAX_HOSTS_TRIED)) {
    const host: HostRecord | undefined = await HOST.getByName(id).readReachable();
    if (host?.launches === true) return host;
  }
  return refuse("host_unreachable");
}

async function callLauncher(
  context: ApiContext,
  host: HostRecord,
  path: string,
  call: RequestInit,
  timeoutMs: number,
): Promise<Refusal | undefined> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await callHost(context.env.edge.passes, host, path, { ...call, signal });
    if (response.ok) return undefined;
    if (response.status === 501) return refuse("launcher_missing");
    const { error } = (await response.json()) as { error?: string };
    return response.status === 400
      ? refuse("request_invalid", error === undefined ? {} : { detail: error })
      : refuse("host_unreachable", { detail: "The host could not do that." });
  } catch (error) {
    console.error({ event: "launcher_unreachable", host: host.id, error: String(error) });
    return refuse("host_unreachable");
  }
}
