import type { MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import type { Quota } from "../../shared/limit/rate-limit-fields.ts";
import { rateLimitFields } from "../../shared/limit/rate-limit-fields.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../shared/refusal/refusal.ts";
import { sha256Hex } from "../../shared/sha256-hex.ts";
import type { ApiToken } from "../policy/api-tokens.ts";
import { findApiToken } from "../policy/api-tokens.ts";
import { answerRefusal } from "./answer.ts";
import type { ApiContext, ApiEnvironment } from "./api-environment.ts";
import { authenticateHost } from "./authenticate-host.ts";
import type { Who } from "./call/call.ts";
import { readBearer } from "./read-bearer.ts";

/** Lets a caller with a valid API token pass, at its rate; the answer says what is left of it. */
const requireCaller = createMiddleware<ApiEnvironment>(async (context, next) => {
  const caller = await authenticateCaller(context);
  if (isRefusal(caller)) return answerRefusal(context, caller);
  const quota: Quota | Refusal = await workspaceOf(context, caller.workspace).admitCall(caller.id);
  if (isRefusal(quota)) return answerRefusal(context, quota);
  context.set("caller", caller);
  await next();
  for (const [name, value] of rateLimitFields(quota)) context.res.headers.set(name, value);
  return undefined;
});

/** Lets the admin pass. */
const requireAdmin = createMiddleware<ApiEnvironment>(async (context, next) => {
  if (!(await isAdmin(context))) {
    return answerRefusal(context, refuse("unauthorized", { detail: "The call needs the admin's token." }));
  }
  return next();
});

/** Lets the admin pass without a limit, and anybody else as a caller. */
const requireMember = createMiddleware<ApiEnvironment>(async (context, next) => {
  if (!(await isAdmin(context))) return requireCaller(context, next);
  context.set("byAdmin", true);
  return next();
});

/** Lets the host named in the path pass, if it signed the call with its own key. */
const requireHost = createMiddleware<ApiEnvironment>(async (context, next) => {
  const host = await authenticateHost(context, context.req.param("host") ?? "");
  if (isRefusal(host)) return answerRefusal(context, host);
  context.set("host", host);
  return next();
});

/** What stands before each call. */
export const GATES: Readonly<Record<Who, readonly MiddlewareHandler<ApiEnvironment>[]>> = {
  anyone: [],
  caller: [requireCaller],
  member: [requireMember],
  admin: [requireAdmin],
  host: [requireHost],
};

async function authenticateCaller(context: ApiContext): Promise<ApiToken | Refusal> {
  const token = readBearer(context);
  if (token === undefined) return refuse("unauthorized");
  return (
    (await findApiToken(context.env.environment.POLICY, await sha256Hex(token))) ?? refuse("unauthorized")
  );
}

/** Compares digests, so that the time it takes says nothing about the token. */
async function isAdmin(context: ApiContext): Promise<boolean> {
  const token = readBearer(context);
  return token !== undefined && (await sha256Hex(token)) === context.env.edge.settings.adminTokenSha256;
}

export function workspaceOf(context: ApiContext, workspace: string) {
  return context.env.environment.WORKSPACE.getByName(workspace);
}
