import type * as z from "zod";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../shared/refusal/refusal.ts";
import type { ApiApp } from "../api-app.ts";
import type { ApiContext } from "../api-environment.ts";
import { auditCall, isAudited } from "../audit/audit-call.ts";
import { requireCredential } from "../authenticate/require-credential.ts";
import { checkRole } from "../authorise/check-role.ts";
import { problemResponse } from "../problem-response.ts";
import type { Call, CallInput } from "./call.ts";
import { checkRequest } from "./check-request.ts";

/** What a call's handler returns: its JSON (nothing for 204), a refusal, or a response that is not JSON. */
type Outcome<Result extends z.ZodType> = z.input<Result> | Refusal | Response;

/**
 * Serves a call, and lists it for the document. A request passes the check of its credential, of the role that the call needs, and of
 * its parts against the call's schemas, then `handle`. A change is audited, also one that is refused after the first of
 * these checks.
 *
 * The library's own validators are not used: they refuse a body without `content-type: application/json`, which is what
 * `curl -d` sends.
 */
export function mountCall<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Result extends z.ZodType,
>(
  app: ApiApp,
  call: Call<Params, Query, Body, Result>,
  handle: (
    context: ApiContext,
    input: CallInput<Params, Query, Body>,
  ) => Outcome<Result> | Promise<Outcome<Result>>,
): void {
  app.calls.push(call);
  const middleware = requireCredential(call.who);
  const perform = async (context: ApiContext): Promise<Outcome<Result>> => {
    const refusal = checkRole(context, call);
    if (refusal !== undefined) return refusal;
    const input = await checkRequest(context, call);
    return isRefusal(input) ? input : handle(context, input as CallInput<Params, Query, Body>);
  };
  app.on(call.method.toUpperCase(), [routePath(call.path)], ...middleware, async (context) => {
    const outcome = isAudited(call)
      ? await auditCall(context, call, () => perform(context))
      : await perform(context);
    if (isRefusal(outcome)) return problemResponse(context, outcome);
    // What a token opens must be in no cache, a browser's on its disk included.
    if (call.who !== "anyone") context.header("cache-control", "no-store");
    if (outcome instanceof Response) return outcome;
    const { status } = call.response;
    return status === 204 ? context.body(null, 204) : context.json(outcome as object, status);
  });
}

/** Hono's form of an OpenAPI path: `/v1/orgs/{org}` → `/v1/orgs/:org`. */
function routePath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}
