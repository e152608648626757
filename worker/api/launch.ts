import { Hono } from "hono";
import { z } from "zod";
import type { Refusal } from "../../shared/refusal.ts";
import { isRefusal, refuse } from "../../shared/refusal.ts";
import { parseSandboxId } from "../../shared/sandbox-id.ts";
import { callHost } from "../call-host.ts";
import type { HostRecord } from "../objects/host.ts";
import type { SandboxDescription } from "../objects/sandbox.ts";
import { listLauncherHosts } from "../policy.ts";
import { answerRefusal } from "./answer.ts";
import type { ApiContext, ApiEnvironment } from "./api-environment.ts";
import { readBody } from "./read-body.ts";
import { toSandbox } from "./to-sandbox.ts";

const createSchema = z.strictObject({ template: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/) });

/** Starts and ends sandboxes, through a host that has a launcher. */
export const launchRoutes = new Hono<ApiEnvironment>();

launchRoutes.post("/", async (context) => {
  const body = await readBody(context, createSchema);
  if (isRefusal(body)) return answerRefusal(context, body);
  const host = await chooseHost(context);
  if (isRefusal(host)) return answerRefusal(context, host);
  const { workspace } = context.get("caller");
  const id = crypto.randomUUID();
  const call = {
    method: "POST",
    body: JSON.stringify({ sandbox_id: id, workspace, template: body.template }),
  };
  const refusal = await callLauncher(context, host, "/sandboxes", call);
  if (refusal !== undefined) return answerRefusal(context, refusal);
  const sandbox: SandboxDescription | Refusal =
    await context.env.environment.SANDBOX.getByName(id).describe(workspace);
  if (isRefusal(sandbox)) return answerRefusal(context, sandbox);
  return context.json({ ...toSandbox(sandbox), template: body.template }, 201);
});

/** Ends it on its host; doing it again is no error. */
launchRoutes.delete("/:id", async (context) => {
  const id = parseSandboxId(context.req.param("id"));
  if (id === undefined) return answerRefusal(context, refuse("sandbox_not_found"));
  const { SANDBOX, HOST } = context.env.environment;
  const sandbox: SandboxDescription | Refusal = await SANDBOX.getByName(id).describe(
    context.get("caller").workspace,
  );
  if (isRefusal(sandbox)) return context.body(null, 204);
  const host: HostRecord | undefined = await HOST.getByName(sandbox.hostId).read();
  if (host?.launches !== true) return answerRefusal(context, refuse("launcher_missing"));
  const refusal = await callLauncher(context, host, `/sandboxes/${id}`, { method: "DELETE" });
  return refusal === undefined ? context.body(null, 204) : answerRefusal(context, refusal);
});

/** Any host that has a launcher: which one is best is for whoever runs more than one. */
async function chooseHost(context: ApiContext): Promise<HostRecord | Refusal> {
  const { POLICY, HOST } = context.env.environment;
  const ids = await listLauncherHosts(POLICY);
  const id = ids[Math.floor(Math.random() * ids.length)];
  if (id === undefined) return refuse("launcher_missing");
  const host: HostRecord | undefined = await HOST.getByName(id).read();
  return host?.launches === true ? host : refuse("launcher_missing");
}

async function callLauncher(
  context: ApiContext,
  host: HostRecord,
  path: string,
  call: RequestInit,
): Promise<Refusal | undefined> {
  try {
    const response = await callHost(context.env.edge.passes, host, path, call);
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
