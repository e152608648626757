import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../shared/refusal/refusal.ts";
import type { SandboxDescription } from "../../objects/messages.ts";
import type { ApiContext, ApiEnvironment } from "../api-environment.ts";
import { workspaceOf } from "../authenticate.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { portSchema } from "../schemas/port-schema.ts";
import type { SandboxJson } from "../schemas/sandbox-schema.ts";
import { sandboxSchema, toSandbox } from "../schemas/sandbox-schema.ts";
import { sandboxParams, uuidSchema } from "../schemas/uuid-schema.ts";

export const DEFAULT_PAGE_SIZE = 100;

/** Each entry costs an object call, of which an invocation may make 10 000; on the Free plan 50. */
export const MAX_PAGE_SIZE = 500;

/** Sandboxes described at the same time for one listing. */
const LIST_CONCURRENCY = 50;

const listQuery = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_PAGE_SIZE)
    .default(DEFAULT_PAGE_SIZE)
    .describe("Sandboxes looked at for one page."),
  cursor: uuidSchema.optional().describe("As the `next` link gives it: the page after this one."),
});

const listCall = defineCall({
  id: "listSandboxes",
  method: "get",
  path: "/v1/sandboxes",
  tag: "Sandboxes",
  who: "caller",
  summary: "List the workspace's sandboxes",
  description:
    'Ordered by id, a page at a time. While there are more, `link` holds `<…>; rel="next"`: follow it until it is absent. A page may hold fewer than `limit`, since what stopped meanwhile is left out.',
  query: listQuery,
  answer: {
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
  misnamed: "sandbox_not_found",
  answer: { status: 200, description: "The sandbox.", schema: sandboxSchema },
});

const openPorts = z.array(z.object({ port: portSchema }));

const portsCall = defineCall({
  id: "listPorts",
  method: "get",
  path: "/v1/sandboxes/{id}/ports",
  tag: "Sandboxes",
  who: "caller",
  summary: "List a sandbox's ports",
  description: "Every TCP port that listens inside, as its agent last reported.",
  params: sandboxParams,
  query: z.strictObject({
    shape: z.enum(["object", "array"]).default("object").describe("`array` answers the bare list."),
  }),
  misnamed: "sandbox_not_found",
  answer: {
    status: 200,
    description: "The ports.",
    schema: z.union([z.object({ ports: openPorts }).meta({ id: "Ports" }), openPorts]),
  },
});

/** What a workspace sees of its sandboxes. */
export function mountSandboxes(app: OpenAPIHono<ApiEnvironment>): void {
  mountCall(app, listCall, async (context, { query }) => {
    const { ids, next } = await findPage(context, query);
    if (next !== undefined) context.header("link", nextLink(context, query.limit, next));
    return describeAll(context, ids);
  });

  mountCall(app, showCall, async (context, { params }) => {
    const sandbox = await describeSandbox(context, params.id);
    return isRefusal(sandbox) ? sandbox : toSandbox(sandbox);
  });

  mountCall(app, portsCall, async (context, { params, query }) => {
    const sandbox = await describeSandbox(context, params.id);
    if (isRefusal(sandbox)) return sandbox;
    const ports = sandbox.ports.map((port) => ({ port }));
    return query.shape === "array" ? ports : { ports };
  });
}

export function describeSandbox(context: ApiContext, id: string): Promise<SandboxDescription | Refusal> {
  return context.env.environment.SANDBOX.getByName(id).describe(context.get("caller").workspace);
}

/** @returns the page's ids, and the cursor of the one after it if there is one */
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
    for (const sandbox of described) if (!isRefusal(sandbox)) sandboxes.push(toSandbox(sandbox));
  }
  return sandboxes;
}

function nextLink(context: ApiContext, limit: number, cursor: string): string {
  const url = new URL(context.req.url);
  url.search = new URLSearchParams({ limit: String(limit), cursor }).toString();
  return `<${url.href}>; rel="next"`;
}
