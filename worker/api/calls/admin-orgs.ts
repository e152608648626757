import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import { putOrg, putRateLimit } from "../../policy/orgs.ts";
import type { ApiEnvironment } from "../api-environment.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { nameSchema, orgParams, titleSchema } from "../schemas/name-schema.ts";
import { rateLimitSchema, toRateLimit } from "../schemas/rate-limit-schema.ts";
import { announceRateLimit } from "./announce-rate-limit.ts";

const putCall = defineCall({
  id: "putOrg",
  method: "put",
  path: "/v1/admin/orgs/{org}",
  tag: "Admin",
  who: "admin",
  summary: "Create or replace an org",
  params: orgParams,
  body: z.strictObject({
    name: titleSchema,
    rate_limit: rateLimitSchema
      .optional()
      .describe("Sets the org's limit, too; without it the limit stays as it is."),
    max_rate_limit: rateLimitSchema
      .optional()
      .describe("The most that the org's own API tokens may set; without it, what the API allows at all."),
  }),
  answer: {
    status: 200,
    description: "The org.",
    schema: z
      .object({
        id: nameSchema.describe("The org's id."),
        name: titleSchema,
        rate_limit: rateLimitSchema.optional(),
        max_rate_limit: rateLimitSchema.optional(),
      })
      .meta({ id: "Org" }),
  },
});

/** Orgs, made by the admin. */
export function mountAdminOrgs(app: OpenAPIHono<ApiEnvironment>): void {
  mountCall(app, putCall, async (context, { params: { org: id }, body }) => {
    const { environment } = context.env;
    const { name, rate_limit: rateLimit, max_rate_limit: maxRateLimit } = body;
    await putOrg(environment.POLICY, {
      id,
      name,
      ...(maxRateLimit !== undefined && { maxRateLimit: toRateLimit(maxRateLimit) }),
    });
    if (rateLimit !== undefined) {
      await putRateLimit(environment.POLICY, id, toRateLimit(rateLimit));
      await announceRateLimit(environment, id, toRateLimit(rateLimit));
    }
    return {
      id,
      name,
      ...(rateLimit !== undefined && { rate_limit: rateLimit }),
      ...(maxRateLimit !== undefined && { max_rate_limit: maxRateLimit }),
    };
  });
}
