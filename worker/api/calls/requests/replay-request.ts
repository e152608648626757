import { replayPath, requestPath } from "../../../../shared/protocol/host-calls.ts";
import type { PassTerms } from "../../../../shared/protocol/pass.ts";
import {
  REPLAY_TIMEOUT_MS,
  replaySchema,
  shownRequestSchema,
} from "../../../../shared/protocol/request-log.ts";
import type { Refusal } from "../../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../../shared/refusal/refusal.ts";
import type { ApiApp } from "../../api-app.ts";
import { describeSandbox } from "../../authorise/describe-sandbox.ts";
import { defineCall } from "../../call/call.ts";
import { mountCall } from "../../call/mount-call.ts";
import { overridesSchema, replayedSchema, requestParams } from "../../schemas/request-schema.ts";
import { askRequestLog, masksOf } from "./ask-request-log.ts";
import { LOG_ROLE } from "./request-log.ts";

/** With the time to dial the guest. */
const REPLAY_CALL_TIMEOUT_MS = REPLAY_TIMEOUT_MS + 10_000;

const replayCall = defineCall({
  id: "replayRequest",
  method: "post",
  path: "/v1/sandboxes/{id}/requests/{request}/replay",
  tag: "Requests",
  who: "caller",
  role: LOG_ROLE,
  summary: "Replay a request",
  description:
    "The host sends it to the app once more, with its secrets, and with what is named here changed: fields in `headers` replace those of their name, `null` removes them. Fields that the host sets or that frame the request cannot be changed. Both requests and their responses are returned, and the replay is in the log. A request whose body was not kept whole needs another `body`. At most 4 replays at a time for one sandbox, 30 seconds each.",
  params: requestParams,
  paramsRefusal: "not_found",
  body: overridesSchema,
  response: { status: 200, description: "Both.", schema: replayedSchema },
  refusals: [
    "sandbox_not_found",
    "not_found",
    "conflict",
    "suspended",
    "port_off",
    "port_closed",
    "port_limit",
    "guest_unreachable",
    "guest_protocol",
    "guest_timeout",
    "host_unreachable",
    "too_many_connections",
  ],
});

/** Sends a request of the log once more. */
export function mountReplayRequest(app: ApiApp): void {
  mountCall(app, replayCall, async (context, { params: { id, request }, body: overrides }) => {
    const sandbox = await describeSandbox(context, id);
    if (isRefusal(sandbox)) return sandbox;
    const masks = masksOf(sandbox);
    const shown = await askRequestLog(
      context,
      sandbox,
      requestPath(id),
      { request, masks },
      shownRequestSchema,
    );
    if (isRefusal(shown)) return shown;
    // The way to the port is that of now: its settings may have changed since the request came.
    const way: { readonly terms?: PassTerms } | Refusal = await context.env.environment.SANDBOX.getByName(
      id,
    ).describeReplay(sandbox.workspace, shown.request.port);
    if (isRefusal(way)) return way;
    const { scheme, loopback } = way.terms ?? {};
    const order = {
      request,
      masks: masks.filter(({ port }) => port === shown.request.port),
      overrides,
      ...(scheme !== undefined && { scheme }),
      ...(loopback !== undefined && { loopback }),
    };
    return askRequestLog(context, sandbox, replayPath(id), order, replaySchema, REPLAY_CALL_TIMEOUT_MS);
  });
}
