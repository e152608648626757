import * as z from "zod";
import { nameSchema } from "../../../../shared/protocol/schemas.ts";
import type { OrgRecord } from "../../../objects/messages.ts";
import { putListed } from "../../../policy/admin-lists.ts";
import { putRateLimit } from "../../../policy/orgs.ts";
import { readOrg } from "../../../policy/read-org.ts";
import type { ApiApp } from "../../api-app.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import { orgParams } from "../../schemas/path-params.ts";
import {
  ceilingSchema,
  decodeCeiling,
  decodeRateLimit,
  encodeCeiling,
  rateLimitSchema,
} from "../../schemas/rate-limit-schema.ts";
import { titleSchema } from "../../schemas/title-schema.ts";

const putCall = defineCall({
  id: "putOrg",
  method: "put",
  path: "/v1/admin/orgs/{org}",
  tag: "Admin",
  who: "admin",
  summary: "Create or change an org",
  description: "A member that is not named does not change.",
  params: orgParams,
  body: z.strictObject({
    name: titleSchema,
    rate_limit: rateLimitSchema
      .optional()
      .describe("Sets the org's limit, too; if it is absent, the limit does not change."),
    max_rate_limit: ceilingSchema
      .nullable()
      .optional()
      .describe("The highest limit that the org's own tokens may set; null for that of the deployment."),
  }),
  response: {
    status: 200,
    description: "The org.",
    schema: z
      .object({
        id: nameSchema.describe("The org's id."),
        name: titleSchema,
        rate_limit: rateLimitSchema.optional(),
        max_rate_limit: ceilingSchema.optional(),
      })
      .meta({ id: "Org" }),
  },
});

/** Orgs, which the admin creates. */
export function mountOrgs(app: ApiApp): void {
  mountCall(app, putCall, async (context, { params: { org: id }, body }) => {
    const { environment } = context.env;
    const { name, rate_limit: rateLimit, max_rate_limit: ceiling } = body;
    await readOrg(environment, id);
    const org: OrgRecord = await environment.ORG.getByName(id).put(id, {
      name,
      ...(ceiling !== undefined && { maxRateLimit: ceiling && decodeCeiling(ceiling) }),
    });
    await putListed(environment.POLICY, "orgs", id, org.name);
    if (rateLimit !== undefined) {
      await putRateLimit(environment.POLICY, id, decodeRateLimit(rateLimit));
      await environment.ORG.getByName(id).useRateLimit(decodeRateLimit(rateLimit));
    }
    return {
      id,
      name: org.name,
      ...(rateLimit !== undefined && { rate_limit: rateLimit }),
      ...(org.maxRateLimit !== undefined && {
        max_rate_limit: encodeCeiling(org.maxRateLimit),
      }),
    };
  });
}
