import { Hono } from "hono";
import { z } from "zod";
import type { RateLimit } from "../../shared/gcra.ts";
import { DEFAULT_RATE_LIMIT } from "../../shared/gcra.ts";
import { isRefusal, refuse } from "../../shared/refusal.ts";
import type { Org } from "../policy.ts";
import { findOrg, listOrgWorkspaces, putOrg } from "../policy.ts";
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
  const org = await findOrg(context.env.environment.POLICY, context.req.param("org"));
  return org === undefined ? answerRefusal(context, refuse("not_found")) : context.json(describeLimit(org));
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
  id: string,
  rateLimit: RateLimit | undefined,
): Promise<Response> {
  const { POLICY } = context.env.environment;
  const known = await findOrg(POLICY, id);
  if (known === undefined) return answerRefusal(context, refuse("not_found"));
  const { rateLimit: _former, ...rest } = known;
  const org: Org = { ...rest, ...(rateLimit !== undefined && { rateLimit }) };
  await putOrg(POLICY, org);
  const workspaces = await listOrgWorkspaces(POLICY, id);
  await Promise.all(
    workspaces.map((workspace) =>
      workspaceOf(context, workspace).useRateLimit(rateLimit ?? DEFAULT_RATE_LIMIT),
    ),
  );
  return context.json(describeLimit(org));
}

function describeLimit({ id, rateLimit = DEFAULT_RATE_LIMIT }: Org): Record<string, unknown> {
  return { org: id, per_second: rateLimit.perSecond, burst: rateLimit.burst };
}
