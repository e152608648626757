import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import { portSchema, uuidSchema } from "../../../shared/protocol/schemas.ts";
import { isRefusal } from "../../../shared/refusal/refusal.ts";
import type { ApiContext, ApiEnvironment } from "../api-environment.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { describeSandbox } from "../describe-sandbox.ts";
import { sandboxParams } from "../schemas/path-params.ts";
import type { SandboxJson } from "../schemas/sandbox-schema.ts";
import { encodeSandbox, sandboxSchema } from "../schemas/sandbox-schema.ts";
import { workspaceOf } from "../workspace-of.ts";

const DEFAULT_PAGE_SIZE = 100;

/** Each entry costs one object call; Cloudflare allows 10 000 in one invocation, 50 on the Free plan. */
const MAX_PAGE_SIZE = 500;

/** Sandboxes described at the same time for one listing. */
const LIST_CONCURRENCY = 50;

const listQuery = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_PAGE_SIZE)
    .default(DEFAULT_PAGE_SIZE)
    .describe("The most sandboxes on one page."),
  cursor: uuidSchema.optional().describe("From the `next` link of the page before."),
});

const listCall = defineCall({
  id: "listSandboxes",
  method: "get",
  path: "/v1/sandboxes",
  tag: "Sandboxes",
  who: "caller",
  summary: "List the workspace's sandboxes",
  description:
    'Ordered by id, one page for each call. While there are more pages, the response has `link: <…>; rel="next"`: follow it until it is absent. A page may have fewer than `limit` sandboxes, because those that have stopped are left out.',
  query: listQuery,
  response: {
    status: 200,
    description: "One page.",
    schema: z.array(sandboxSchema),
    headers: { link: 'The next page, `rel="next"` (RFC 8288); absent on the last one.' },
  },
});

const showCall = defineCall({
  id: "getSandbox",
  method: "get",
  path: "/v1/sandboxes/{id}",
  tag: "Sandboxes",
  who: "caller",
  summary: "Show a sandbox",
  params: sandboxParams,
  paramsRefusal: "sandbox_not_found",
  response: { status: 200, description: "The sandbox.", schema: sandboxSchema },
});

const openPorts = z.array(z.object({ port: portSchema }));

const portsCall = defineCall({
  id: "listPorts",
  method: "get",
  path: "/v1/sandboxes/{id}/ports",
  tag: "Sandboxes",
  who: "caller",
  summary: "List a sandbox's ports",
  description: "The TCP ports that listen inside, as its agent last reported them.",
  params: sandboxParams,
  query: z.strictObject({
    shape: z
      .enum(["object", "array"])
      .default("object")
      .describe("`array` returns the list without an object around it."),
  }),
  paramsRefusal: "sandbox_not_found",
  response: {
    status: 200,
    description: "The ports.",
    schema: z.union([z.object({ ports: openPorts }).meta({ id: "Ports" }), openPorts]),
  },
});

/** The sandboxes of the caller's workspace. */
export function mountSandboxes(app: OpenAPIHono<ApiEnvironment>): void {
  mountCall(app, listCall, async (context, { query }) => {
    const { ids, next } = await findPage(context, query);
    if (next !== undefined) context.header("link", nextPageField(context, query.limit, next));
    return describeAll(context, ids);
  });

  mountCall(app, showCall, async (context, { params }) => {
    const sandbox = await describeSandbox(context, params.id);
    return isRefusal(sandbox) ? sandbox : encodeSandbox(sandbox);
  });

  mountCall(app, portsCall, async (context, { params, query }) => {
    const sandbox = await describeSandbox(context, params.id);
    if (isRefusal(sandbox)) return sandbox;
    const ports = sandbox.ports.map((port) => ({ port }));
    return query.shape === "array" ? ports : { ports };
  });
}

/** @returns the ids of the page, and the cursor of the next page if there is one */
async function findPage(
  context: ApiContext,
  { limit, cursor = "" }: z.infer<typeof listQuery>,
): Promise<{ ids: string[]; next: string | undefined }> {
  const workspace = workspaceOf(context, context.get("caller").workspace);
  const found: string[] = await workspace.listSandboxes(cursor, limit + 1);
  const ids = found.slice(0, limit);
  return { ids, next: found.length > limit ? ids.at(-1) : undefined };
}

async function describeAll(context: ApiContext, ids: readonly string[]): Promise<SandboxJson[]> {
  const sandboxes: SandboxJson[] = [];
  for (let start = 0; start < ids.length; start += LIST_CONCURRENCY) {
    const batch = ids.slice(start, start + LIST_CONCURRENCY);
    const described = await Promise.all(batch.map((id) => describeSandbox(context, id)));
    for (const sandbox of described) if (!isRefusal(sandbox)) sandboxes.push(encodeSandbox(sandbox));
  }
  return sandboxes;
}

/** The value of `link` (RFC 8288). */
function nextPageField(context: ApiContext, limit: number, cursor: string): string {
  const url = new URL(context.req.url);
  url.search = new URLSearchParams({ limit: String(limit), cursor }).toString();
  return `<${url.href}>; rel="next"`;
}
