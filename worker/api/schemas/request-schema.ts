import * as z from "zod";
import { parsePort } from "../../../shared/port.ts";
import {
  maskSchema,
  replayOverridesSchema,
  replaySchema,
  requestBodySchema,
  requestDetailSchema,
  requestFilterSchema,
  requestIdSchema,
  requestSummarySchema,
} from "../../../shared/protocol/request-log.ts";
import { portSchema } from "../../../shared/protocol/schemas.ts";
import { captureSchema } from "./capture-schema.ts";
import { sandboxParams } from "./path-params.ts";

/** Hosts know no time before 1970, and no request came then. */
const timeQuerySchema = z.iso.datetime({ offset: true }).transform((text) => Math.max(0, Date.parse(text)));

/** Parameters of a list's query. */
export const requestQuery = {
  port: z
    .string()
    .refine((text) => parsePort(text) !== undefined, "must be a TCP port from 1 to 65535")
    .transform(Number)
    .optional()
    .describe("Only requests to this port."),
  method: requestFilterSchema.shape.method.describe("Only requests by this method, in upper case."),
  status: requestFilterSchema.shape.status.describe("Only this status, or a class of them: `4xx`."),
  path: requestFilterSchema.shape.path.describe("Only paths with this text in them, their query included."),
  since: timeQuerySchema.optional().describe("Only requests that came at this time (RFC 3339) or later."),
  until: timeQuerySchema.optional().describe("Only requests that came before this time."),
};

export const requestParams = sandboxParams.extend({ request: requestIdSchema });

export const captureChangeSchema = z.strictObject({
  bodies: z.boolean().optional().describe("Whether bodies are kept, too; `false` if it was never named."),
  mask: maskSchema
    .optional()
    .describe("Fields that are masked beside those that always are; replaces the former list."),
});

export const portCaptureSchema = captureSchema.extend({ port: portSchema }).meta({ id: "PortCapture" });

export const summarySchema = z
  .object(requestSummarySchema.shape)
  .meta({ id: "LoggedRequest", description: "A request in the log of its host." });

const bodySchema = z.object(requestBodySchema.shape);

const { request, response, ...detail } = requestDetailSchema.shape;

export const detailSchema = z
  .object({
    ...detail,
    request: request.extend({ body: bodySchema }),
    response: response
      .unwrap()
      .extend({ body: bodySchema })
      .nullable()
      .describe("`null` where the app sent none."),
  })
  .meta({ id: "RequestDetail", description: "A request and its response. Secrets are masked." });

export const replayedSchema = z
  .object({ original: detailSchema, replay: detailSchema })
  .meta({ id: "Replay", description: replaySchema.description });

export const overridesSchema = z.strictObject(replayOverridesSchema.shape);
