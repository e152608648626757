import * as z from "zod";
import { USAGE_STEP_S, USAGE_STEPS } from "../../../shared/protocol/request-log.ts";
import { nameSchema, portSchema, uuidSchema } from "../../../shared/protocol/schemas.ts";
import { timeSchema } from "./time-schema.ts";

const countSchema = z.int().min(0);
const seriesSchema = z
  .array(countSchema)
  .describe(`One number for each step, the oldest first: ${USAGE_STEPS} of ${USAGE_STEP_S} seconds.`);

const hourShape = {
  until: timeSchema.describe("The end of the last step, which is not over yet."),
  step_s: z.int().describe("Seconds of a step."),
  steps: z.int(),
  admitted: countSchema.describe("Requests of the last hour that reached the host."),
  refused: countSchema.describe(
    "Requests of the last hour that were over a limit. Fewer than there were, where the edge has lost its memory of some.",
  ),
};

export const sandboxUsageSchema = z
  .object({
    ...hourShape,
    ports: z
      .array(z.object({ port: portSchema, admitted: seriesSchema, refused: seriesSchema }))
      .describe("Those with a request in the last hour, the busiest first, at most 32."),
    host_unreachable: z
      .literal(true)
      .optional()
      .describe("The host did not say how many it has admitted; the numbers are 0."),
  })
  .meta({ id: "SandboxUsage" });

export const orgUsageSchema = z
  .object({
    ...hourShape,
    series: z
      .object({ admitted: seriesSchema, refused: seriesSchema })
      .describe("Of all sandboxes together."),
    sandboxes: z
      .array(z.object({ id: uuidSchema, workspace: nameSchema, admitted: countSchema, refused: countSchema }))
      .describe("Those with the most requests, the busiest first."),
    sandbox_count: countSchema.describe("Running sandboxes that were asked."),
    complete: z
      .boolean()
      .describe("`false` where the org has more sandboxes than are asked, or a host did not respond."),
  })
  .meta({ id: "OrgUsage" });
