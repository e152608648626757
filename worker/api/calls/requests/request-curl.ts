import { publicUrl } from "../../../../shared/link/preview-url.ts";
import { requestPath } from "../../../../shared/protocol/host-calls.ts";
import { shownRequestSchema } from "../../../../shared/protocol/request-log.ts";
import { isRefusal } from "../../../../shared/refusal/refusal.ts";
import type { ApiApp } from "../../api-app.ts";
import { describeSandbox } from "../../authorise/describe-sandbox.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import { requestParams } from "../../schemas/request-schema.ts";
import { askRequestLog, masksOf } from "./ask-request-log.ts";
import { LOG_ROLE } from "./request-log.ts";
import { writeCurl } from "./write-curl.ts";

const MEDIA_TYPE = "text/plain";

const curlCall = defineCall({
  id: "getRequestAsCurl",
  method: "get",
  path: "/v1/sandboxes/{id}/requests/{request}/curl",
  tag: "Requests",
  who: "caller",
  role: LOG_ROLE,
  summary: "Show a request as a curl command",
  description:
    "For a POSIX shell, to the port's public hostname. Masked values are `***`; what was not kept of a body is missing.",
  params: requestParams,
  paramsRefusal: "not_found",
  response: { status: 200, description: "The command.", mediaType: MEDIA_TYPE },
  refusals: ["sandbox_not_found", "not_found", "host_unreachable"],
});

/** A request as a command. */
export function mountRequestCurl(app: ApiApp): void {
  mountCall(app, curlCall, async (context, { params: { id, request } }) => {
    const sandbox = await describeSandbox(context, id);
    if (isRefusal(sandbox)) return sandbox;
    const ask = { request, masks: masksOf(sandbox) };
    const shown = await askRequestLog(context, sandbox, requestPath(id), ask, shownRequestSchema);
    if (isRefusal(shown)) return shown;
    const url = new URL(context.req.url);
    const { previewDomain } = context.env.edge.settings.domains;
    const suffix = url.port === "" ? previewDomain : `${previewDomain}:${url.port}`;
    const origin = publicUrl(url.protocol.slice(0, -1), suffix, id, shown.request.port);
    return new Response(writeCurl(shown.request, origin), {
      headers: { "content-type": `${MEDIA_TYPE}; charset=utf-8`, "cache-control": "no-store" },
    });
  });
}
