import { Hono } from "hono";
import { z } from "zod";
import { linkUrl } from "../../shared/preview-url.ts";
import type { Refusal } from "../../shared/refusal.ts";
import { isRefusal, refuse } from "../../shared/refusal.ts";
import { parseSandboxId } from "../../shared/sandbox-id.ts";
import type { MintedLink, SandboxDescription } from "../objects/sandbox.ts";
import { answerRefusal, formatTime } from "./answer.ts";
import type { ApiContext, ApiEnvironment } from "./api-environment.ts";
import { requireCaller, workspaceOf } from "./authenticate.ts";
import { launchRoutes } from "./launch.ts";
import { readBody } from "./read-body.ts";
import { toSandbox } from "./to-sandbox.ts";

export const DEFAULT_LINK_TTL_S = 3600;
export const MAX_LINK_TTL_S = 7 * 24 * 3600;
export const MAX_LINK_PATHS = 20;
export const MAX_LINK_PATH_LENGTH = 512;

/** Sandboxes described at the same time for one listing. */
const LIST_CONCURRENCY = 50;

const previewTokenSchema = z.strictObject({
  port: z.int().min(1).max(65_535),
  ttl_seconds: z.int().min(1).max(MAX_LINK_TTL_S).default(DEFAULT_LINK_TTL_S),
  paths: z
    .array(
      z
        .string()
        .max(MAX_LINK_PATH_LENGTH)
        .regex(/^\/[^?#\s]*$/, "must be a path that starts with /"),
    )
    .min(1)
    .max(MAX_LINK_PATHS)
    .optional(),
});

/** Calls of a workspace's API tokens about its sandboxes. */
export const callerRoutes = new Hono<ApiEnvironment>();

callerRoutes.use("/sandboxes/*", requireCaller);
callerRoutes.use("/workspaces/*", requireCaller);

callerRoutes.route("/sandboxes", launchRoutes);

callerRoutes.get("/sandboxes", async (context) => {
  const ids: string[] = await workspaceOf(context, context.get("caller").workspace).listSandboxes();
  const sandboxes: unknown[] = [];
  for (let start = 0; start < ids.length; start += LIST_CONCURRENCY) {
    const batch = ids.slice(start, start + LIST_CONCURRENCY);
    const described = await Promise.all(batch.map((id) => describe(context, id)));
    for (const sandbox of described) if (!isRefusal(sandbox)) sandboxes.push(toSandbox(sandbox));
  }
  return context.json(sandboxes);
});

callerRoutes.get("/sandboxes/:id", async (context) => {
  const sandbox = await describe(context, context.req.param("id"));
  return isRefusal(sandbox) ? answerRefusal(context, sandbox) : context.json(toSandbox(sandbox));
});

callerRoutes.get("/sandboxes/:id/ports", async (context) => {
  const sandbox = await describe(context, context.req.param("id"));
  if (isRefusal(sandbox)) return answerRefusal(context, sandbox);
  const ports = sandbox.ports.map((port) => ({ port }));
  return context.json(context.req.query("shape") === "array" ? ports : { ports });
});

callerRoutes.post("/sandboxes/:id/preview-token", async (context) => {
  const id = parseSandboxId(context.req.param("id"));
  const body = await readBody(context, previewTokenSchema);
  if (isRefusal(body)) return answerRefusal(context, body);
  if (id === undefined) return answerRefusal(context, refuse("sandbox_not_found"));
  const { workspace } = context.get("caller");
  const { port, ttl_seconds: ttlS, paths } = body;
  const ask = { workspace, port, ttlS, ...(paths !== undefined && { paths }) };
  const link: MintedLink | Refusal = await context.env.environment.SANDBOX.getByName(id).mintLink(ask);
  if (isRefusal(link)) return answerRefusal(context, link);
  return context.json({
    url: linkUrl(schemeOf(context), linkSuffix(context), link.token),
    token: link.token,
    sandbox_id: id,
    port,
    ...(paths !== undefined && { paths }),
    expires_at: formatTime(link.expiresAt * 1000),
  });
});

callerRoutes.delete("/sandboxes/:id/preview-tokens/:token", async (context) => {
  const id = parseSandboxId(context.req.param("id"));
  if (id === undefined) return answerRefusal(context, refuse("sandbox_not_found"));
  const { workspace } = context.get("caller");
  const sandbox = context.env.environment.SANDBOX.getByName(id);
  const refusal: Refusal | undefined = await sandbox.revokeLink(
    workspace,
    context.req.param("token").toLowerCase(),
  );
  return refusal === undefined ? context.body(null, 204) : answerRefusal(context, refusal);
});

callerRoutes.post("/workspaces/:workspace/signing-key/rotate", async (context) => {
  const { workspace } = context.get("caller");
  if (context.req.param("workspace") !== workspace) return answerRefusal(context, refuse("not_found"));
  const body = await readBody(context, z.strictObject({ cut_previous: z.boolean().default(false) }));
  if (isRefusal(body)) return answerRefusal(context, body);
  const keys = await workspaceOf(context, workspace).rotateKeys(body.cut_previous);
  if (isRefusal(keys)) return answerRefusal(context, keys);
  return context.json({ workspace, key_version: keys.current, previous_versions: keys.previous.length });
});

async function describe(context: ApiContext, idText: string): Promise<SandboxDescription | Refusal> {
  const id = parseSandboxId(idText);
  if (id === undefined) return refuse("sandbox_not_found");
  return context.env.environment.SANDBOX.getByName(id).describe(context.get("caller").workspace);
}

/** Preview URLs share scheme and port with the API that made them: https without a port, but on a developer's machine. */
function schemeOf(context: ApiContext): string {
  return new URL(context.req.url).protocol.slice(0, -1);
}

function linkSuffix(context: ApiContext): string {
  const { port } = new URL(context.req.url);
  const { linkDomain } = context.env.edge.settings.domains;
  return port === "" ? linkDomain : `${linkDomain}:${port}`;
}
