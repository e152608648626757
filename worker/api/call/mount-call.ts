import type { OpenAPIHono, z } from "@hono/zod-openapi";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../shared/refusal/refusal.ts";
import { answerRefusal } from "../answer.ts";
import type { ApiContext, ApiEnvironment } from "../api-environment.ts";
import { GATES } from "../authenticate.ts";
import { documentCall } from "../document/document-call.ts";
import type { Call, CallInput } from "./call.ts";
import { checkRequest } from "./check-request.ts";

/** What a call comes to: its JSON (nothing for 204), a refusal, or an answer that is not JSON. */
type Outcome<Answer extends z.ZodType> = z.input<Answer> | Refusal | Response;

/**
 * Serves a call and documents it: who may call, then the request's parts against their schemas, then `handle`.
 *
 * The library's own validators are not used: they refuse a body without `content-type: application/json`, which is what
 * `curl -d` sends.
 */
export function mountCall<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType,
>(
  app: OpenAPIHono<ApiEnvironment>,
  call: Call<Params, Query, Body, Answer>,
  handle: (
    context: ApiContext,
    input: CallInput<Params, Query, Body>,
  ) => Outcome<Answer> | Promise<Outcome<Answer>>,
): void {
  app.openAPIRegistry.registerPath(documentCall(call));
  app.on(call.method.toUpperCase(), [routePath(call.path)], ...GATES[call.who], async (context) => {
    const input = await checkRequest(context, call);
    if (isRefusal(input)) return answerRefusal(context, input);
    const answer = await handle(context, input as CallInput<Params, Query, Body>);
    if (isRefusal(answer)) return answerRefusal(context, answer);
    if (answer instanceof Response) return answer;
    const { status } = call.answer;
    return status === 204 ? context.body(null, 204) : context.json(answer as object, status);
  });
}

/** Hono's form of an OpenAPI path: `/v1/orgs/{org}` → `/v1/orgs/:org`. */
export function routePath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}
