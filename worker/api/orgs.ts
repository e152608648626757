import { Hono } from "hono";
import { z } from "zod";
import type { RateLimit } from "../../shared/gcra.ts";
import { DEFAULT_RATE_LIMIT } from "../../shared/gcra.ts";
import { isRefusal, refuse } from "../../shared/refusal.ts";
import { findOrg, findRateLimit, listOrgWorkspaces, putRateLimit } from "../policy.ts";
import { answerRefusal } from "./answer.ts";
import type { ApiContext, ApiEnvironment } from "./api-environment.ts";
import { authenticateCaller, isAdmin, workspaceOf } from "./authenticate.ts";
import { readBody } from "./read-body.ts";

export const MAX_PER_SECOND = 10_000;
export const MAX_BURST = 100_000;

export const rateLimitSchema = z.strictObject({
  per_second: z.number().positive().max(MAX_PER_SECOND),
  burst: z.int().min(1).max(MAX_BURST),
});

/** An org's rate limit, read by its own API tokens and written by the admin or by them. */
export const orgRoutes = new Hono<ApiEnvironment>();

orgRoutes.use("/:org/*", async (context, next) => {
  if (!(await isAdmin(context))) {
    const caller = await authenticateCaller(context);
    if (isRefusal(caller)) return answerRefusal(context, caller);
    if (caller.org !== context.req.param("org")) return answerRefusal(context, refuse("not_found"));
  }
  return next();
});

orgRoutes.get("/:org/rate-limit", async (context) => {
  const { POLICY } = context.env.environment;
  const org = context.req.param("org");
  if ((await findOrg(POLICY, org)) === undefined) return answerRefusal(context, refuse("not_found"));
  return context.json(describeLimit(org, await findRateLimit(POLICY, org)));
});

orgRoutes.put("/:org/rate-limit", async (context) => {
  const body = await readBody(context, rateLimitSchema);
  if (isRefusal(body)) return answerRefusal(context, body);
  return changeLimit(context, context.req.param("org"), { perSecond: body.per_second, burst: body.burst });
});

orgRoutes.delete("/:org/rate-limit", (context) => changeLimit(context, context.req.param("org"), undefined));

/** Writes the limit, then tells the org's workspaces at once; whoever is not told reads it from KV within 60 s. */
async function changeLimit(
  context: ApiContext,
  org: string,
  rateLimit: RateLimit | undefined,
): Promise<Response> {
  const { POLICY } = context.env.environment;
  if ((await findOrg(POLICY, org)) === undefined) return answerRefusal(context, refuse("not_found"));
  await putRateLimit(POLICY, org, rateLimit);
  const limit = rateLimit ?? DEFAULT_RATE_LIMIT;
  const workspaces = await listOrgWorkspaces(POLICY, org);
  await Promise.all(workspaces.map((workspace) => workspaceOf(context, workspace).useRateLimit(limit)));
  return context.json(describeLimit(org, limit));
}

function describeLimit(org: string, { perSecond, burst }: RateLimit): Record<string, unknown> {
  return { org, per_second: perSecond, burst };
}
