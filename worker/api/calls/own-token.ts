import * as z from "zod";
import { nameSchema } from "../../../shared/protocol/schemas.ts";
import { ROLES } from "../../policy/roles.ts";
import type { ApiApp } from "../api-app.ts";
import type { ApiContext } from "../api-environment.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { formatTime } from "../format-time.ts";
import { timeSchema } from "../schemas/time-schema.ts";

/** An org may have more: the others are still opened by their names. */
const MAX_SHOWN_WORKSPACES = 100;

const ownTokenSchema = z
  .object({
    kind: z.enum(["workspace", "org", "admin"]).describe("What the token opens."),
    role: z.enum(ROLES).optional().describe("Absent for the admin."),
    org: nameSchema.optional().describe("Absent for the admin."),
    workspaces: z
      .array(nameSchema)
      .describe(`The workspaces that it opens, at most ${MAX_SHOWN_WORKSPACES}; none for the admin.`),
    expires_at: timeSchema.optional(),
    preview_suffix: z
      .string()
      .meta({ description: "What follows `{port}-{sandbox}.` in preview URLs.", example: "example.com" }),
    link_suffix: z
      .string()
      .meta({ description: "What follows a link's token.", example: "preview.example.com" }),
  })
  .meta({ id: "OwnToken" });

const showCall = defineCall({
  id: "getOwnToken",
  method: "get",
  path: "/v1/token",
  tag: "Workspaces",
  who: "member",
  summary: "Show what the token of this call opens",
  response: { status: 200, description: "The token, without its secret.", schema: ownTokenSchema },
});

/** The token of a call, for clients that were only given its secret. */
export function mountOwnToken(app: ApiApp): void {
  mountCall(app, showCall, async (context) => ({ ...(await describeToken(context)), ...suffixes(context) }));
}

async function describeToken(context: ApiContext) {
  if (context.get("byAdmin")) return { kind: "admin" as const, workspaces: [] };
  const caller = context.get("caller");
  const { scope: kind, role, org, expiresAtMs } = caller;
  const workspaces: string[] =
    caller.scope === "workspace"
      ? [caller.workspace]
      : await context.env.environment.ORG.getByName(org).listWorkspaces(MAX_SHOWN_WORKSPACES);
  return {
    kind,
    role,
    org,
    workspaces,
    ...(expiresAtMs !== undefined && { expires_at: formatTime(expiresAtMs) }),
  };
}

/** Preview URLs have the port of the API that names them: one only on a developer's machine. */
function suffixes(context: ApiContext) {
  const { port } = new URL(context.req.url);
  const { previewDomain, linkDomain } = context.env.edge.settings.domains;
  const end = port === "" ? "" : `:${port}`;
  return { preview_suffix: previewDomain + end, link_suffix: linkDomain + end };
}
