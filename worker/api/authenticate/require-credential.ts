import type { MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import type { Quota } from "../../../shared/limit/rate-limit-fields.ts";
import { rateLimitFields } from "../../../shared/limit/rate-limit-fields.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../../shared/refusal/refusal.ts";
import type { ApiToken } from "../../policy/api-tokens.ts";
import type { ApiContext, ApiEnvironment } from "../api-environment.ts";
import type { Who } from "../call/call.ts";
import { problemResponse } from "../problem-response.ts";
import { workspaceOf } from "../workspace-of.ts";
import { authenticateCaller } from "./authenticate-caller.ts";
import { authenticateEnrolment } from "./authenticate-enrolment.ts";
import { authenticateHost } from "./authenticate-host.ts";
import { isAdmin } from "./is-admin.ts";

/** Admits a caller with a valid API token, within its rate limit; the response shows what is left of the limit. */
const requireCaller = createMiddleware<ApiEnvironment>(async (context, next) => {
  const caller = await authenticateCaller(context);
  if (isRefusal(caller)) return problemResponse(context, caller);
  const quota = await admitCall(context, caller);
  if (isRefusal(quota)) return problemResponse(context, quota);
  context.set("caller", caller);
  await next();
  for (const [name, value] of rateLimitFields(quota)) context.res.headers.set(name, value);
  return undefined;
});

/** The object of the workspace or org that the token belongs to knows whether it was revoked or suspended. */
async function admitCall(context: ApiContext, caller: ApiToken): Promise<Quota | Refusal> {
  if (caller.scope === "workspace") return workspaceOf(context, caller.workspace).admitCall(caller.id);
  return context.env.environment.ORG.getByName(caller.org).admitCall(caller.id);
}

/** Admits the admin. */
const requireAdmin = createMiddleware<ApiEnvironment>(async (context, next) => {
  if (!(await isAdmin(context))) {
    return problemResponse(context, refuse("unauthorized", { detail: "The call needs the admin's token." }));
  }
  context.set("byAdmin", true);
  return next();
});

/** Admits the admin without a rate limit, and anyone else as a caller. */
const requireMember = createMiddleware<ApiEnvironment>(async (context, next) => {
  if (!(await isAdmin(context))) return requireCaller(context, next);
  context.set("byAdmin", true);
  return next();
});

/** Admits the host in the path, if it signed the call with its own key. */
const requireHost = createMiddleware<ApiEnvironment>(async (context, next) => {
  const host = await authenticateHost(context, context.req.param("host") ?? "");
  if (isRefusal(host)) return problemResponse(context, host);
  context.set("host", host);
  return next();
});

/** Lets a host try its enrolment token. */
const requireEnrolment = createMiddleware<ApiEnvironment>(async (context, next) => {
  const sha256 = await authenticateEnrolment(context);
  if (isRefusal(sha256)) return problemResponse(context, sha256);
  context.set("enrolmentTokenSha256", sha256);
  return next();
});

const MIDDLEWARE: Readonly<Record<Who, readonly MiddlewareHandler<ApiEnvironment>[]>> = {
  anyone: [],
  caller: [requireCaller],
  member: [requireMember],
  admin: [requireAdmin],
  host: [requireHost],
  enrolment: [requireEnrolment],
};

/** The middleware that refuses a call without the credential it needs. */
export function requireCredential(who: Who): readonly MiddlewareHandler<ApiEnvironment>[] {
  return MIDDLEWARE[who];
}
