import * as z from "zod";
import type { NumberedAuditEntry } from "../../objects/audit/audit-trail.ts";
import { formatTime } from "../format-time.ts";
import { timeSchema } from "./time-schema.ts";

export const auditEntrySchema = z
  .object({
    at: timeSchema,
    who: z.object({
      kind: z.enum(["api_token", "org_token", "admin", "enrolment_token", "host"]),
      id: z.string().optional().describe("The token's id, or the host's. Never the secret."),
      role: z.string().optional(),
    }),
    what: z
      .string()
      .meta({ description: "The call's `operationId`, or `moveSandbox`.", example: "rotateSigningKey" }),
    on: z.string().meta({
      description: "What was changed, as a path.",
      example: "/v1/workspaces/acme/signing-key/rotate",
    }),
    from: z.string().optional().meta({ description: "The client's IP address.", example: "192.0.2.1" }),
    result: z.string().meta({
      description: "`ok`, or the code of a failure after which the change may be in part.",
      example: "ok",
    }),
    detail: z.string().optional(),
  })
  .meta({ id: "AuditEntry" });

/** A change as the API shows it. */
export function encodeAuditEntry({
  seq: _seq,
  atMs,
  who,
  from,
  ...rest
}: NumberedAuditEntry): z.input<typeof auditEntrySchema> {
  return { at: formatTime(atMs), who, ...rest, ...(from !== undefined && from !== "" && { from }) };
}
