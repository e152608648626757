import * as z from "zod";
import { nameSchema, uuidSchema } from "../../../shared/protocol/schemas.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../shared/refusal/refusal.ts";
import type { PortDescription } from "../../objects/access/describe-port.ts";
import type { SandboxDescription } from "../../objects/messages.ts";
import type { ApiApp } from "../api-app.ts";
import type { ApiContext } from "../api-environment.ts";
import { describeSandbox } from "../authorise/describe-sandbox.ts";
import { findSandboxWorkspace } from "../authorise/find-sandbox-workspace.ts";
import { findWorkspace } from "../authorise/find-workspace.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { nextPageField } from "../next-page-field.ts";
import { sandboxParams } from "../schemas/path-params.ts";
import { encodePort, listedPortSchema } from "../schemas/port-settings-schema.ts";
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
  workspace: nameSchema
    .optional()
    .describe("Needed with a token of an org that has several workspaces; else the token's own."),
});

const listCall = defineCall({
  id: "listSandboxes",
  method: "get",
  path: "/v1/sandboxes",
  tag: "Sandboxes",
  who: "caller",
  summary: "List a workspace's sandboxes",
  description:
    'Ordered by id, one page for each call. While there are more pages, the response has `link: <…>; rel="next"`: follow it until it is absent. A page may have fewer than `limit` sandboxes, because those that have stopped are left out.',
  query: listQuery,
  response: {
    status: 200,
    description: "One page.",
    schema: z.array(sandboxSchema),
    headers: { link: 'The next page, `rel="next"` (RFC 8288); absent on the last one.' },
  },
  refusals: ["not_found"],
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

const listedPorts = z.array(listedPortSchema);

const portsCall = defineCall({
  id: "listPorts",
  method: "get",
  path: "/v1/sandboxes/{id}/ports",
  tag: "Sandboxes",
  who: "caller",
  summary: "List a sandbox's ports",
  description:
    "The TCP ports that listen inside, as its agent last reported them, and those that have settings.",
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
    schema: z.union([z.object({ ports: listedPorts }).meta({ id: "Ports" }), listedPorts]),
  },
});

/** The sandboxes that a caller's token opens. */
export function mountSandboxes(app: ApiApp): void {
  mountCall(app, listCall, async (context, { query }) => {
    const workspace = await findWorkspace(context, query.workspace);
    if (isRefusal(workspace)) return workspace;
    const { ids, next } = await findPage(context, workspace, query);
    if (next !== undefined)
      context.header("link", nextPageField(context, { limit: query.limit, cursor: next }));
    return describeAll(context, workspace, ids);
  });

  mountCall(app, showCall, async (context, { params }) => {
    const sandbox = await describeSandbox(context, params.id);
    return isRefusal(sandbox) ? sandbox : encodeSandbox(sandbox);
  });

  mountCall(app, portsCall, async (context, { params, query }) => {
    const workspace = await findSandboxWorkspace(context, params.id);
    if (isRefusal(workspace)) return workspace;
    const sandbox = context.env.environment.SANDBOX.getByName(params.id);
    const described: PortDescription[] | Refusal = await sandbox.describePorts(workspace);
    if (isRefusal(described)) return described;
    const ports = described.map((port) => ({ ...encodePort(port), listening: port.listening }));
    return query.shape === "array" ? ports : { ports };
  });
}

/** @returns the ids of the page, and the cursor of the next page if there is one */
async function findPage(
  context: ApiContext,
  workspace: string,
  { limit, cursor = "" }: z.infer<typeof listQuery>,
): Promise<{ ids: string[]; next: string | undefined }> {
  const found: string[] = await workspaceOf(context, workspace).listSandboxes(cursor, limit + 1);
  const ids = found.slice(0, limit);
  return { ids, next: found.length > limit ? ids.at(-1) : undefined };
}

async function describeAll(
  context: ApiContext,
  workspace: string,
  ids: readonly string[],
): Promise<SandboxJson[]> {
  const { SANDBOX } = context.env.environment;
  const sandboxes: SandboxJson[] = [];
  for (let start = 0; start < ids.length; start += LIST_CONCURRENCY) {
    const batch = ids.slice(start, start + LIST_CONCURRENCY);
    const described: (SandboxDescription | Refusal)[] = await Promise.all(
      batch.map((id) => SANDBOX.getByName(id).describe(workspace)),
    );
    for (const sandbox of described) if (!isRefusal(sandbox)) sandboxes.push(encodeSandbox(sandbox));
  }
  return sandboxes;
}
