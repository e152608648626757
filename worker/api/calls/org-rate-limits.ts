import * as z from "zod";
import type { PreviewLimit, RateLimitCeiling } from "../../../shared/limit/preview-limit.ts";
import { DEFAULT_PREVIEW_LIMIT } from "../../../shared/limit/preview-limit.ts";
import { nameSchema } from "../../../shared/protocol/schemas.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../../shared/refusal/refusal.ts";
import type { OrgRecord } from "../../objects/messages.ts";
import { findRateLimit, putRateLimit } from "../../policy/orgs.ts";
import type { ApiApp } from "../api-app.ts";
import type { ApiContext } from "../api-environment.ts";
import { findOwnOrg } from "../authorise/find-own-org.ts";
import { defineCall } from "../call/call.ts";
import { mountCall } from "../call/mount-call.ts";
import { orgParams } from "../schemas/path-params.ts";
import type { CeilingJson } from "../schemas/rate-limit-schema.ts";
import {
  ceilingSchema,
  decodeRateLimit,
  encodeCeiling,
  encodeRateLimit,
  rateLimitSchema,
} from "../schemas/rate-limit-schema.ts";

const shared = {
  path: "/v1/orgs/{org}/rate-limit",
  tag: "Limits",
  who: "member",
  params: orgParams,
  paramsRefusal: "not_found",
  response: {
    status: 200,
    description: "The limit that applies.",
    schema: z
      .object({
        org: nameSchema.describe("The org."),
        ...rateLimitSchema.shape,
        max_rate_limit: ceilingSchema
          .optional()
          .describe(
            "The highest limit that the org's own tokens may set; absent where that of the deployment applies.",
          ),
      })
      .meta({ id: "OrgRateLimit" }),
  },
} as const;

const showCall = defineCall({
  ...shared,
  id: "getRateLimit",
  method: "get",
  summary: "Show an org's rate limit",
});

const changeCall = defineCall({
  ...shared,
  id: "putRateLimit",
  method: "put",
  role: "org",
  summary: "Change an org's rate limit",
  description:
    "Applies at once to the sandboxes that run, and everywhere within 60 seconds. A token of the org may set at most the ceiling that the admin set for the org or, without one, for the deployment; the admin may exceed it.",
  body: rateLimitSchema,
  refusals: ["forbidden"],
});

const resetCall = defineCall({
  ...shared,
  id: "resetRateLimit",
  method: "delete",
  role: "org",
  summary: "Reset an org's rate limit to the default",
  description: "1 request a second, 10 at once, 300 requests of a page.",
  refusals: ["forbidden"],
});

/** The rate limits of orgs, which all their tokens read, and only the org's own tokens and the admin change. */
export function mountOrgRateLimits(app: ApiApp): void {
  mountCall(app, showCall, async (context, { params }) => {
    const org = await findOwnOrg(context, params.org);
    if (isRefusal(org)) return org;
    return describe(org, await findRateLimit(context.env.environment.POLICY, org.id));
  });
  mountCall(app, changeCall, (context, { params, body }) =>
    change(context, params.org, decodeRateLimit(body)),
  );
  mountCall(app, resetCall, (context, { params }) => change(context, params.org, undefined));
}

async function change(
  context: ApiContext,
  id: string,
  rateLimit: PreviewLimit | undefined,
): Promise<z.infer<typeof shared.response.schema> | Refusal> {
  const org = await findOwnOrg(context, id);
  if (isRefusal(org)) return org;
  const limit = rateLimit ?? DEFAULT_PREVIEW_LIMIT;
  const ceiling = org.maxRateLimit ?? context.env.edge.settings.maxRateLimit;
  const refusal = context.get("byAdmin") ? undefined : checkCeiling(limit, ceiling);
  if (refusal !== undefined) return refusal;
  await putRateLimit(context.env.environment.POLICY, id, rateLimit);
  await context.env.environment.ORG.getByName(id).useRateLimit(limit);
  return describe(org, limit);
}

/** @returns `forbidden` naming what is above the ceiling */
function checkCeiling(limit: PreviewLimit, ceiling: RateLimitCeiling): Refusal | undefined {
  const wanted = encodeRateLimit(limit);
  const most = encodeCeiling(ceiling);
  const above = (Object.keys(most) as (keyof CeilingJson)[]).filter(
    (name) => wanted[name] > (most[name] ?? Infinity),
  );
  if (above.length === 0) return undefined;
  const errors = above.map((name) => ({ path: `/${name}`, message: `must be at most ${most[name]}` }));
  const ofPages = most.page_requests === undefined ? "" : `, with ${most.page_requests} requests of a page`;
  const detail = `This org's own limit may be at most ${most.per_second} a second and ${most.burst} at once${ofPages}. Only the admin can exceed it.`;
  return refuse("forbidden", { detail, errors });
}

function describe(org: OrgRecord, rateLimit: PreviewLimit): z.infer<typeof shared.response.schema> {
  return {
    org: org.id,
    ...encodeRateLimit(rateLimit),
    ...(org.maxRateLimit !== undefined && {
      max_rate_limit: encodeCeiling(org.maxRateLimit),
    }),
  };
}
