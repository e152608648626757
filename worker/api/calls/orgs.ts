import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import { nameSchema } from "../../../shared/protocol/schemas.ts";
import { announceRateLimit } from "../../policy/announce-rate-limit.ts";
import { putOrg, putRateLimit } from "../../policy/orgs.ts";
import type { ApiEnvironment } from "../api-environment.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { orgParams } from "../schemas/path-params.ts";
import { decodeRateLimit, rateLimitSchema } from "../schemas/rate-limit-schema.ts";
import { titleSchema } from "../schemas/title-schema.ts";

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
      .describe("Sets the org's limit, too; if it is absent, the limit does not change."),
    max_rate_limit: rateLimitSchema
      .optional()
      .describe(
        "The highest limit that the org's own API tokens may set; if it is absent, the highest that the API allows.",
      ),
  }),
  response: {
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

/** Orgs, which the admin creates. */
export function mountOrgs(app: OpenAPIHono<ApiEnvironment>): void {
  mountCall(app, putCall, async (context, { params: { org: id }, body }) => {
    const { environment } = context.env;
    const { name, rate_limit: rateLimit, max_rate_limit: maxRateLimit } = body;
    await putOrg(environment.POLICY, {
      id,
      name,
      ...(maxRateLimit !== undefined && { maxRateLimit: decodeRateLimit(maxRateLimit) }),
    });
    if (rateLimit !== undefined) {
      await putRateLimit(environment.POLICY, id, decodeRateLimit(rateLimit));
      await announceRateLimit(environment, id, decodeRateLimit(rateLimit));
    }
    return {
      id,
      name,
      ...(rateLimit !== undefined && { rate_limit: rateLimit }),
      ...(maxRateLimit !== undefined && { max_rate_limit: maxRateLimit }),
    };
  });
}
