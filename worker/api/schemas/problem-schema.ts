import * as z from "zod";
import type { RefusalCode } from "../../../shared/refusal/refusal.ts";
import { REFUSALS } from "../../../shared/refusal/refusal.ts";

export const PROBLEM = "Problem";

export const PROBLEM_REF = { $ref: `#/components/schemas/${PROBLEM}` };

/** The form that `renderRefusal` writes: RFC 9457, with members of our own. */
export const problemSchema = z
  .object({
    type: z.literal("about:blank"),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().describe("One sentence for people."),
    code: z
      .enum(Object.keys(REFUSALS) as [RefusalCode, ...RefusalCode[]])
      .describe("For programs; stable. Also in the `preview-error` field."),
    request_id: z.guid().describe("Identifies this request in the edge's log."),
    retry_after: z.int().min(1).optional().describe("Whole seconds until a retry can succeed."),
    open_ports: z.array(z.int()).optional().describe("Ports of the same sandbox on which a server listens."),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe(
        "Each wrong part: `/member` of the body, `?parameter` of the query, `{parameter}` of the path.",
      ),
  })
  .meta({ description: "Every refusal, as `application/problem+json` (RFC 9457)." });
