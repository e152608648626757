import * as z from "zod";
import { portEventsPath } from "../../../../shared/protocol/host-calls.ts";
import { portSchema } from "../../../../shared/protocol/schemas.ts";
import { isRefusal } from "../../../../shared/refusal/refusal.ts";
import type { ApiApp } from "../../api-app.ts";
import { describeSandbox } from "../../authorise/describe-sandbox.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import { sandboxParams } from "../../schemas/path-params.ts";
import { callSandboxHost } from "./call-sandbox-host.ts";

const MEDIA_TYPE = "text/event-stream";

const eventsCall = defineCall({
  id: "watchPorts",
  method: "get",
  path: "/v1/sandboxes/{id}/ports/events",
  tag: "Sandboxes",
  who: "caller",
  summary: "Watch a sandbox's ports",
  description:
    'An event stream (`text/event-stream`). `event: port` with `data: {"port":3000,"open":true}` for each port that is open, then `event: ready`, then `event: port` for each change. A comment every 15 seconds. The stream ends after 5 minutes, and when the sandbox is stopped or moved: open another. At most 8 streams for one sandbox and 64 for one host.',
  params: sandboxParams,
  query: z.strictObject({
    dial: z.coerce
      .number()
      .pipe(portSchema)
      .optional()
      .describe(
        "A port that you wait for. In a sandbox without an agent, ports are found only by connecting to them: this one is tried twice a second until it is open.",
      ),
  }),
  paramsRefusal: "sandbox_not_found",
  response: { status: 200, description: "The stream.", mediaType: MEDIA_TYPE },
  refusals: ["host_unreachable", "too_many_connections"],
});

/** The stream of a sandbox's ports, which its host writes: no JavaScript of the edge runs while it flows. */
export function mountPortEvents(app: ApiApp): void {
  mountCall(app, eventsCall, async (context, { params: { id }, query: { dial } }) => {
    const sandbox = await describeSandbox(context, id);
    if (isRefusal(sandbox)) return sandbox;
    const response = await callSandboxHost(context, sandbox, portEventsPath(id, dial));
    if (isRefusal(response)) return response;
    return new Response(response.body, {
      headers: { "content-type": MEDIA_TYPE, "cache-control": "no-store" },
    });
  });
}
