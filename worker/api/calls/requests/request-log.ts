import * as z from "zod";
import { requestPath, requestsPath } from "../../../../shared/protocol/host-calls.ts";
import {
  listedRequestsSchema,
  MAX_EXCHANGES,
  requestIdSchema,
  shownRequestSchema,
} from "../../../../shared/protocol/request-log.ts";
import { isRefusal } from "../../../../shared/refusal/refusal.ts";
import type { ApiApp } from "../../api-app.ts";
import { describeSandbox } from "../../authorise/describe-sandbox.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import { nextPageField } from "../../next-page-field.ts";
import { sandboxParams } from "../../schemas/path-params.ts";
import { detailSchema, requestParams, requestQuery, summarySchema } from "../../schemas/request-schema.ts";
import { callSandboxHost } from "../ports/call-sandbox-host.ts";
import { askRequestLog, masksOf } from "./ask-request-log.ts";

const DEFAULT_PAGE_SIZE = 50;

/** Of all calls that show visitors' requests: who may only look at sandboxes does not see what visitors send. */
export const LOG_ROLE = "developer";

const shared = {
  path: "/v1/sandboxes/{id}/requests",
  tag: "Requests",
  who: "caller",
  role: LOG_ROLE,
  params: sandboxParams,
  paramsRefusal: "sandbox_not_found",
} as const;

const listCall = defineCall({
  ...shared,
  id: "listRequests",
  method: "get",
  summary: "List a sandbox's requests",
  description:
    'What its host has kept, newest first, of ports with `capture`. Requests that the edge refused did not reach the host. While there are more pages, the response has `link: <…>; rel="next"`.',
  query: z.strictObject({
    ...requestQuery,
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(MAX_EXCHANGES)
      .default(DEFAULT_PAGE_SIZE)
      .describe("The most requests on one page."),
    cursor: requestIdSchema.optional().describe("From the `next` link of the page before."),
  }),
  response: {
    status: 200,
    description: "One page.",
    schema: z.object({ requests: z.array(summarySchema) }).meta({ id: "Requests" }),
    headers: { link: 'The next page, `rel="next"` (RFC 8288); absent on the last one.' },
  },
  refusals: ["host_unreachable"],
});

const forgetCall = defineCall({
  ...shared,
  id: "forgetRequests",
  method: "delete",
  summary: "Forget a sandbox's requests",
  description: "Its host forgets all that it has kept. What is captured goes on.",
  response: { status: 204, description: "They are forgotten." },
  refusals: ["host_unreachable"],
});

const showCall = defineCall({
  ...shared,
  path: "/v1/sandboxes/{id}/requests/{request}",
  params: requestParams,
  paramsRefusal: "not_found",
  id: "getRequest",
  method: "get",
  summary: "Show a request",
  description:
    "With its response, as they were between host and app. Masked are `authorization`, `proxy-authorization`, `cookie`, `set-cookie`, the fields of the port's `mask`, and tokens of links wherever they stand. Values in paths and bodies are not masked.",
  response: { status: 200, description: "The request.", schema: detailSchema },
  refusals: ["sandbox_not_found", "not_found", "host_unreachable"],
});

/** The requests that a sandbox's host keeps. */
export function mountRequestLog(app: ApiApp): void {
  mountCall(app, listCall, async (context, { params: { id }, query: { cursor, ...query } }) => {
    const sandbox = await describeSandbox(context, id);
    if (isRefusal(sandbox)) return sandbox;
    const ask = { ...query, ...(cursor !== undefined && { before: cursor }) };
    const page = await askRequestLog(context, sandbox, requestsPath(id), ask, listedRequestsSchema);
    if (isRefusal(page)) return page;
    const last = page.requests.at(-1);
    if (page.more && last !== undefined)
      context.header("link", nextPageField(context, { limit: query.limit, cursor: last.id }));
    return { requests: page.requests };
  });

  mountCall(app, forgetCall, async (context, { params: { id } }) => {
    const sandbox = await describeSandbox(context, id);
    if (isRefusal(sandbox)) return sandbox;
    const response = await callSandboxHost(context, sandbox, requestsPath(id), { method: "DELETE" });
    if (isRefusal(response)) return response;
    await response.body?.cancel();
    return {};
  });

  mountCall(app, showCall, async (context, { params: { id, request } }) => {
    const sandbox = await describeSandbox(context, id);
    if (isRefusal(sandbox)) return sandbox;
    const ask = { request, masks: masksOf(sandbox) };
    const shown = await askRequestLog(context, sandbox, requestPath(id), ask, shownRequestSchema);
    return isRefusal(shown) ? shown : shown.request;
  });
}
