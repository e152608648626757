import * as z from "zod";
import { requestEventsPath } from "../../../../shared/protocol/host-calls.ts";
import { isRefusal, refuse } from "../../../../shared/refusal/refusal.ts";
import type { ApiApp } from "../../api-app.ts";
import { describeSandbox } from "../../authorise/describe-sandbox.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import { sandboxParams } from "../../schemas/path-params.ts";
import { requestQuery } from "../../schemas/request-schema.ts";
import { callSandboxHost } from "../ports/call-sandbox-host.ts";
import { LOG_ROLE } from "./request-log.ts";

const MEDIA_TYPE = "text/event-stream";

const eventsCall = defineCall({
  id: "watchRequests",
  method: "get",
  path: "/v1/sandboxes/{id}/requests/events",
  tag: "Requests",
  who: "caller",
  role: LOG_ROLE,
  summary: "Watch a sandbox's requests",
  description:
    'An event stream (`text/event-stream`). `event: ready` at once, then `event: request` for each request when its response has ended, with what a list shows of it as `data`. A WebSocket or an event stream comes twice: with `"open": true` when it begins, and when it ends. A comment every 15 seconds. The stream ends after 5 minutes, and when the sandbox is stopped, suspended or moved: open another. At most 4 streams for one sandbox and 32 for one host.',
  params: sandboxParams,
  query: z.strictObject({ port: requestQuery.port }),
  paramsRefusal: "sandbox_not_found",
  response: { status: 200, description: "The stream.", mediaType: MEDIA_TYPE },
  refusals: ["suspended", "host_unreachable", "too_many_connections"],
});

/** The stream of a sandbox's requests, which its host writes: no JavaScript of the edge runs while it flows. */
export function mountRequestEvents(app: ApiApp): void {
  mountCall(app, eventsCall, async (context, { params: { id }, query: { port } }) => {
    const sandbox = await describeSandbox(context, id);
    if (isRefusal(sandbox)) return sandbox;
    if (sandbox.suspended) return refuse("suspended");
    const response = await callSandboxHost(context, sandbox, requestEventsPath(id, port));
    if (isRefusal(response)) return response;
    return new Response(response.body, {
      headers: { "content-type": MEDIA_TYPE, "cache-control": "no-store" },
    });
  });
}
