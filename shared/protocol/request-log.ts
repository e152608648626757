import * as z from "zod";
import { portSchema, uuidSchema } from "./schemas.ts";

/**
 * What the edge asks a host about the requests that it keeps of a sandbox, in `host-calls.ts`, and what it gets. All of it
 * is shown to the sandbox's developers: secrets are masked by the host, before anything leaves it.
 */

/** Fields of one port that its owner has masked beside those that always are. */
export const MAX_MASKED_NAMES = 32;
const MAX_NAME_LENGTH = 64;

/** Requests that are kept of one sandbox. */
export const MAX_EXCHANGES = 200;

/** Bytes that are kept of one body, and that a replay may send. */
export const MAX_CAPTURED_BODY_BYTES = 64 * 1024;

/** Characters of a path in a list; the whole path is in the detail. */
export const MAX_LISTED_PATH = 2048;

/** Fields that a replay may change. */
export const MAX_REPLAY_FIELDS = 100;
const MAX_REPLAY_TEXT = 16 * 1024;

/** To the last byte of the guest's response. */
export const REPLAY_TIMEOUT_MS = 30_000;

/** What is shown in the place of a secret. */
export const MASK = "***";

const REQUEST_ID = /^[0-9a-z]{8,24}$/;
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const METHOD = /^[A-Z-]{1,32}$/;
const STATUS = /^(?:[1-5][0-9][0-9]|[1-5]xx)$/;

export const requestIdSchema = z
  .string()
  .regex(REQUEST_ID)
  .meta({ description: "A request's id in the log.", example: "mhw1a2b3c0001" });

export const fieldNameSchema = z
  .string()
  .max(MAX_NAME_LENGTH)
  .regex(FIELD_NAME, "must be a field's name")
  .toLowerCase();

export const maskSchema = z.array(fieldNameSchema).max(MAX_MASKED_NAMES);

const masksSchema = z.array(z.strictObject({ port: portSchema, names: maskSchema })).default([]);

export const requestFilterSchema = z.strictObject({
  port: portSchema.optional(),
  method: z.string().regex(METHOD, "must be a method in upper case").optional(),
  status: z.string().regex(STATUS, "must be a status, or 2xx, 4xx and so on").optional(),
  path: z.string().min(1).max(MAX_LISTED_PATH).optional(),
  /** Unix milliseconds. */
  since: z.int().min(0).optional(),
  until: z.int().min(0).optional(),
});

export const listRequestsSchema = requestFilterSchema.extend({
  limit: z.int().min(1).max(MAX_EXCHANGES),
  /** Only older ones. */
  before: requestIdSchema.optional(),
});

export const framesSchema = z.object({
  sent: z.int().min(0).describe("Frames that the visitor sent."),
  received: z.int().min(0).describe("Frames that the visitor got."),
});

export const requestSummarySchema = z.object({
  id: requestIdSchema,
  at: z.string().meta({
    format: "date-time",
    description: "When it came: RFC 3339, UTC, with milliseconds.",
    example: "2026-11-25T16:30:00.123Z",
  }),
  port: portSchema,
  method: z.string().meta({ example: "POST" }),
  path: z.string().meta({
    description: `With its query, which is not masked; in a list cut at ${MAX_LISTED_PATH} characters.`,
    example: "/hooks?source=shop",
  }),
  status: z.int().min(0).describe("0 where no response came."),
  duration_ms: z.number().min(0),
  replay_of: requestIdSchema.optional().describe("It is a replay of that request."),
  open: z.literal(true).optional().describe("It is not over: a WebSocket or an event stream."),
  refused: z
    .string()
    .optional()
    .describe("The code by which the host refused it; absent where the app answered."),
  outcome: z
    .enum(["aborted", "visitor_left"])
    .optional()
    .describe("How it ended; absent where it ended with its response."),
  link: z.string().optional().describe("The id of the link by which it came, which does not open the link."),
  frames: framesSchema.optional().describe("Of a WebSocket."),
});

export const requestBodySchema = z.object({
  bytes: z.int().min(0).describe("Its length as it was sent, without the chunked coding."),
  captured: z.boolean().describe("Whether bodies were kept."),
  truncated: z.boolean().describe(`Only its beginning was kept: at most ${MAX_CAPTURED_BODY_BYTES} bytes.`),
  content_type: z.string().optional(),
  content_encoding: z.string().optional(),
  decoded: z.literal(true).optional().describe("What is shown is without its `content_encoding`."),
  text: z.string().optional().describe("What was kept, where it is UTF-8."),
  base64: z.string().optional().describe("What was kept, where it is not."),
});

const shownFieldsSchema = z.array(z.tuple([z.string(), z.string()]));

export const requestDetailSchema = requestSummarySchema.extend({
  timing: z.object({
    edge_ms: z.number().min(0).optional().describe("At the edge, until it sent the request to the host."),
    connector_ms: z.number().min(0).optional().describe("At the host, until the app got the head."),
    guest_ms: z.number().min(0).optional().describe("In the app, until the head of its response."),
    transfer_ms: z.number().min(0).optional().describe("From there to the end."),
  }),
  request: z.object({
    method: z.string(),
    path: z.string(),
    headers: shownFieldsSchema.describe("As the app got them."),
    body: requestBodySchema,
  }),
  response: z
    .object({
      status: z.int(),
      reason: z.string(),
      headers: shownFieldsSchema.describe("As the app sent them."),
      body: requestBodySchema,
    })
    .nullable()
    .describe("`null` where the app sent none."),
  masked: z.array(z.string()).describe(`Fields whose values are shown as \`${MASK}\`.`),
  replayable: z.boolean(),
  not_replayable: z.string().optional().describe("Why it cannot be replayed as it was."),
});

/** Of names and values: a host takes no larger call. */
function lengthOf(fields: Readonly<Record<string, string | null>>): number {
  return Object.entries(fields).reduce((sum, [name, value]) => sum + name.length + (value?.length ?? 0), 0);
}

export const replayOverridesSchema = z.strictObject({
  method: z.string().regex(METHOD, "must be a method in upper case").optional(),
  path: z
    .string()
    .max(MAX_REPLAY_TEXT)
    .regex(/^\/[!"$-~]*$/, "must begin with / and have no spaces, control characters, # or non-ASCII")
    .optional(),
  headers: z
    .record(z.string(), z.string().max(MAX_REPLAY_TEXT).nullable())
    .refine((fields) => Object.keys(fields).length <= MAX_REPLAY_FIELDS, `has more than ${MAX_REPLAY_FIELDS}`)
    .refine(
      (fields) => lengthOf(fields) <= MAX_REPLAY_TEXT,
      `must have at most ${MAX_REPLAY_TEXT} characters together`,
    )
    .optional(),
  body: z.string().max(MAX_CAPTURED_BODY_BYTES).optional(),
  body_base64: z
    .base64()
    .max(Math.ceil(MAX_CAPTURED_BODY_BYTES / 3) * 4)
    .optional(),
});

export const showRequestSchema = z.strictObject({ request: requestIdSchema, masks: masksSchema });

export const replayRequestSchema = showRequestSchema.extend({
  overrides: replayOverridesSchema,
  scheme: z.literal("https").optional(),
  loopback: z.literal("off").optional(),
});

const errorSchema = z.object({ path: z.string(), message: z.string() });

/** Why a call about the log was not done; also with status 200, so that it is told from a host without such calls. */
export const logRefusalSchema = z.object({
  refusal: z.object({
    code: z.enum([
      "not_found",
      "conflict",
      "request_invalid",
      "too_many_connections",
      "port_closed",
      "port_limit",
      "port_reserved",
      "guest_unreachable",
      "guest_protocol",
      "guest_timeout",
      "guest_not_here",
    ]),
    detail: z.string().optional(),
    errors: z.array(errorSchema).optional(),
  }),
});

export const shownRequestSchema = z.object({ request: requestDetailSchema });

export const requestsSchema = z.object({
  requests: z.array(requestSummarySchema).max(MAX_EXCHANGES),
});

export const listedRequestsSchema = requestsSchema.extend({
  /** There are older ones. */
  more: z.boolean(),
});

export const replaySchema = z.object({
  original: requestDetailSchema,
  replay: requestDetailSchema,
});

/** Buckets of the last hour. */
export const USAGE_STEP_S = 10;
export const USAGE_STEPS = 360;

/** Sandboxes that one call asks about. */
export const MAX_USAGE_SANDBOXES = 200;

export const usageQuerySchema = z.strictObject({
  sandboxes: z.array(uuidSchema).min(1).max(MAX_USAGE_SANDBOXES),
  /** Whether the counts of each step are wanted, besides the sums. */
  series: z.boolean(),
});

const countsSchema = z.array(z.int().min(0)).length(USAGE_STEPS);

export const usageResponseSchema = z.object({
  /** Number of the last bucket: unix seconds by `USAGE_STEP_S`. */
  last: z.int().min(0),
  sandboxes: z
    .array(
      z.object({
        id: uuidSchema,
        admitted: z.int().min(0),
        ports: z.array(z.object({ port: portSchema, admitted: countsSchema })),
      }),
    )
    .max(MAX_USAGE_SANDBOXES),
  /** Of all of them together. */
  total: countsSchema.optional(),
});

export interface PortMask {
  readonly port: number;
  readonly names: readonly string[];
}

export type RequestFilter = z.output<typeof requestFilterSchema>;
export type ListRequests = z.output<typeof listRequestsSchema>;
export type RequestSummary = z.output<typeof requestSummarySchema>;
export type RequestDetail = z.output<typeof requestDetailSchema>;
export type RequestBody = z.output<typeof requestBodySchema>;
export type ReplayOverrides = z.output<typeof replayOverridesSchema>;
export type ReplayOrder = z.output<typeof replayRequestSchema>;
export type LogRefusal = z.output<typeof logRefusalSchema>["refusal"];
export type UsageResponse = z.output<typeof usageResponseSchema>;

/** An event of the stream of a sandbox's requests. */
export function encodeRequestEvent(summary: RequestSummary): string {
  return `event: request\ndata: ${JSON.stringify(summary)}\n\n`;
}
