import * as z from "zod";
import { sha256Hex } from "../../../../shared/sha256-hex.ts";
import { createTokenSecret } from "../../../policy/token-secret.ts";
import type { ApiApp } from "../../api-app.ts";
import { noteChange } from "../../audit/note-change.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import { formatTime } from "../../format-time.ts";
import { hostWorkspacesSchema } from "../../schemas/host-schema.ts";
import { hostNameSchema } from "../../schemas/path-params.ts";
import { timeSchema } from "../../schemas/time-schema.ts";

const DEFAULT_LIFETIME_S = 3_600;
const MAX_LIFETIME_S = 7 * 24 * 3_600;
const MIN_LIFETIME_S = 60;

const createCall = defineCall({
  id: "createEnrolment",
  method: "post",
  path: "/v1/admin/enrolments",
  tag: "Admin",
  who: "admin",
  summary: "Let a host enrol itself",
  description:
    "With the token, one time: `preview-connector enroll --token-file`. Only this response shows it: the edge keeps its SHA-256. A former token for the same host is not accepted any more.",
  body: z.strictObject({
    host: hostNameSchema,
    workspaces: hostWorkspacesSchema
      .optional()
      .describe(
        "The only workspaces whose sandboxes it may announce; if absent, those that the host has, or all for a new one.",
      ),
    expires_in_s: z
      .int()
      .min(MIN_LIFETIME_S)
      .max(MAX_LIFETIME_S)
      .default(DEFAULT_LIFETIME_S)
      .describe("Whole seconds until the token expires."),
  }),
  response: {
    status: 201,
    description: "The token.",
    schema: z
      .object({
        token: z.string().meta({
          description: "The secret.",
          example: "pve_0JdG3rXbq1oSx5m8cVtYw2kLh7zUe4nPaRf9iQyB6DE3CFyaX",
        }),
        host: hostNameSchema,
        workspaces: hostWorkspacesSchema.optional(),
        expires_at: timeSchema,
      })
      .meta({ id: "Enrolment" }),
  },
});

/** One-time tokens with which hosts enrol themselves. */
export function mountEnrolments(app: ApiApp): void {
  mountCall(app, createCall, async (context, { body }) => {
    const { host, workspaces, expires_in_s: lifetimeS } = body;
    noteChange(context, { on: `/v1/hosts/${host}` });
    const token = createTokenSecret("enrolment");
    const expiresAtMs = Date.now() + lifetimeS * 1000;
    const offer = { tokenSha256: await sha256Hex(token), expiresAtMs, ...(workspaces && { workspaces }) };
    await context.env.environment.HOST.getByName(host).offerEnrolment(offer);
    return { token, host, ...(workspaces && { workspaces }), expires_at: formatTime(expiresAtMs) };
  });
}
