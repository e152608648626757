import * as z from "zod";
import {
  isEmbedOrigin,
  MAX_EMBED_ORIGIN_LENGTH,
  MAX_EMBED_ORIGINS,
} from "../../../shared/link/embed-origin.ts";
import { linkId } from "../../../shared/link/link-id.ts";
import { MAX_LINK_LIFETIME_S } from "../../../shared/link/link-token.ts";
import { linkUrl } from "../../../shared/link/preview-url.ts";
import { portSchema, uuidSchema } from "../../../shared/protocol/schemas.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../shared/refusal/refusal.ts";
import type { MintedLink } from "../../objects/messages.ts";
import type { ListedLink } from "../../objects/sandbox/listed-links.ts";
import { MAX_LISTED_LINKS } from "../../objects/sandbox/listed-links.ts";
import { isAmbiguousPath } from "../../preview/is-ambiguous-path.ts";
import { normalisePath } from "../../preview/normalise-path.ts";
import type { ApiApp } from "../api-app.ts";
import type { ApiContext } from "../api-environment.ts";
import { describeActor } from "../audit/describe-actor.ts";
import { noteChange } from "../audit/note-change.ts";
import { findSandboxWorkspace } from "../authorise/find-sandbox-workspace.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { formatTime } from "../format-time.ts";
import { encodeListedLink, LINK_ID, linkIdSchema, listedLinkSchema } from "../schemas/listed-link-schema.ts";
import { sandboxParams } from "../schemas/path-params.ts";
import { labelSchema } from "../schemas/port-settings-schema.ts";
import { timeSchema } from "../schemas/time-schema.ts";
import { checkPort, PORT_REFUSALS } from "./ports/check-port.ts";

const DEFAULT_LINK_TTL_S = 3600;
const MAX_LINK_PATHS = 20;
const MAX_LINK_PATH_LENGTH = 512;

const pathSchema = z
  .string()
  .max(MAX_LINK_PATH_LENGTH)
  .regex(/^\/[^?#\s]*$/, "must be a path that starts with /")
  .refine((path) => !isAmbiguousPath(path), "must be a path without dot segments or encoded separators")
  .transform(normalisePath)
  .refine(
    (path) => path.length <= MAX_LINK_PATH_LENGTH,
    `must have at most ${MAX_LINK_PATH_LENGTH} characters once percent-encoded`,
  );

const pathsSchema = z
  .array(pathSchema)
  .min(1)
  .max(MAX_LINK_PATHS)
  .meta({
    description: "The only paths that the link opens, together with all paths below them.",
    example: ["/docs"],
  });

const normalisedPathsSchema = z
  .array(z.string())
  .meta({ description: "The paths that it opens, percent-encoded.", example: ["/docs"] });

const embedSchema = z
  .array(
    z
      .string()
      .max(MAX_EMBED_ORIGIN_LENGTH, { abort: true })
      .refine(isEmbedOrigin, "must be an https origin in lower case, without path, wildcard or default port"),
  )
  .min(1)
  .max(MAX_EMBED_ORIGINS)
  .meta({
    description:
      "The origins that may embed the link's pages in a frame, and no other. The app's own `X-Frame-Options` and `frame-ancestors` are replaced, and its cookies become `SameSite=None; Secure; Partitioned`.",
    example: ["https://app.example.org"],
  });

const EXAMPLE_TOKEN = "ea3x7q5s2m6v4k2d7w3y5t4r6p2n5b3c7f4g6h2j5l3z7x4c6v2b5n3m7q4w6y2";

const linkTokenSchema = z.string().meta({
  description: "63 characters, the link's hostname label. A secret: anyone who has it can open the link.",
  example: EXAMPLE_TOKEN,
});

const revocableSchema = linkTokenSchema
  .toLowerCase()
  .meta({ description: "The link's token, or its id.", example: EXAMPLE_TOKEN });

const mintCall = defineCall({
  id: "createPreviewToken",
  method: "post",
  path: "/v1/sandboxes/{id}/preview-token",
  tag: "Links",
  who: "caller",
  summary: "Mint a signed preview URL",
  params: sandboxParams,
  body: z.strictObject({
    port: portSchema,
    ttl_seconds: z
      .int()
      .min(1)
      .max(MAX_LINK_LIFETIME_S)
      .default(DEFAULT_LINK_TTL_S)
      .describe("Its lifetime, at most 7 days."),
    paths: pathsSchema.optional(),
    embed: embedSchema.optional(),
    label: labelSchema.optional(),
    verify: z
      .boolean()
      .optional()
      .describe("Connect to the port first, and mint no link where no server listens (`port_closed`)."),
  }),
  paramsRefusal: "sandbox_not_found",
  refusals: [...PORT_REFUSALS, "host_unreachable"],
  response: {
    status: 200,
    description: "The link.",
    schema: z
      .object({
        url: z.url().meta({ example: `https://${EXAMPLE_TOKEN}.preview.example.com` }),
        token: linkTokenSchema,
        id: linkIdSchema,
        sandbox_id: uuidSchema,
        port: portSchema,
        paths: normalisedPathsSchema.optional(),
        embed: embedSchema.optional(),
        expires_at: timeSchema,
      })
      .meta({ id: "PreviewToken" }),
  },
});

const listCall = defineCall({
  id: "listPreviewTokens",
  method: "get",
  path: "/v1/sandboxes/{id}/preview-tokens",
  tag: "Links",
  who: "caller",
  summary: "List the signed preview URLs that hold",
  description: `Without their tokens, the newest first, at most ${MAX_LISTED_LINKS}: beyond them those that expire first are left out. Links that a rotation of the signing key has ended are listed until they expire.`,
  params: sandboxParams,
  paramsRefusal: "sandbox_not_found",
  response: {
    status: 200,
    description: "The links.",
    schema: z.object({ links: z.array(listedLinkSchema) }).meta({ id: "Links" }),
  },
});

const revokeCall = defineCall({
  id: "revokePreviewToken",
  method: "delete",
  path: "/v1/sandboxes/{id}/preview-tokens/{token}",
  tag: "Links",
  who: "caller",
  summary: "Revoke a signed preview URL",
  description:
    "By its token or, where it is listed, by its id. The link is refused everywhere within 5 seconds, and its open connections are cut. A repeated call changes nothing.",
  params: sandboxParams.extend({ token: revocableSchema }),
  paramsRefusal: "sandbox_not_found",
  response: { status: 204, description: "Revoked, or already expired." },
  refusals: ["not_found"],
});

/** Signed preview URLs of a workspace's sandboxes. */
export function mountPreviewTokens(app: ApiApp): void {
  mountCall(app, mintCall, async (context, { params: { id }, body }) => {
    const workspace = await findSandboxWorkspace(context, id);
    if (isRefusal(workspace)) return workspace;
    const { port, ttl_seconds: ttlS, paths, embed, label } = body;
    const closed = body.verify === true ? await checkPort(context, id, port) : undefined;
    if (closed !== undefined) return closed;
    const sandbox = context.env.environment.SANDBOX.getByName(id);
    const terms = { ...(paths !== undefined && { paths }), ...(embed !== undefined && { embed }) };
    const createdBy = describeActor(context);
    const order = { workspace, port, ttlS, ...terms, createdBy, ...(label !== undefined && { label }) };
    const link: MintedLink | Refusal = await sandbox.mintLink(order);
    if (isRefusal(link)) return link;
    await noteLink(context, id, link.token);
    return {
      url: linkUrl(schemeOf(context), linkSuffix(context), link.token),
      token: link.token,
      id: link.id,
      sandbox_id: id,
      port,
      ...terms,
      expires_at: formatTime(link.expiresAtMs),
    };
  });

  mountCall(app, listCall, async (context, { params: { id } }) => {
    const workspace = await findSandboxWorkspace(context, id);
    if (isRefusal(workspace)) return workspace;
    const links: ListedLink[] | Refusal =
      await context.env.environment.SANDBOX.getByName(id).listLinks(workspace);
    return isRefusal(links) ? links : { links: links.map(encodeListedLink) };
  });

  mountCall(app, revokeCall, async (context, { params: { id, token } }) => {
    await noteLink(context, id, token);
    const workspace = await findSandboxWorkspace(context, id);
    if (isRefusal(workspace)) return workspace;
    return context.env.environment.SANDBOX.getByName(id).revokeLink(workspace, token);
  });
}

/** Names a link in the audit trail by its id, as log lines do: its token opens it. */
async function noteLink(context: ApiContext, sandboxId: string, token: string): Promise<void> {
  const link = LINK_ID.test(token) ? token : await context.env.edge.links.decode(token);
  const name = typeof link === "string" ? link : isRefusal(link) ? "…" : await linkId(link);
  noteChange(context, { on: `/v1/sandboxes/${sandboxId}/preview-tokens/${name}` });
}

/** Preview URLs have scheme and port of the API that made them: `http` and a port only on a developer's machine. */
function schemeOf(context: ApiContext): string {
  return new URL(context.req.url).protocol.slice(0, -1);
}

function linkSuffix(context: ApiContext): string {
  const { port } = new URL(context.req.url);
  const { linkDomain } = context.env.edge.settings.domains;
  return port === "" ? linkDomain : `${linkDomain}:${port}`;
}
