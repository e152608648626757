import * as z from "zod";
import type { LogRefusal } from "../../../shared/protocol/request-log.ts";
import { logRefusalSchema, replayRequestSchema } from "../../../shared/protocol/request-log.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../shared/refusal/refusal.ts";
import { buildReplay } from "../../capture/replay/build-replay.ts";
import { describeExchange } from "../../capture/show/describe-exchange.ts";
import { errorResponse } from "../../control/error-response.ts";
import type { JsonResponse } from "../../control/serve-json.ts";
import { DEFAULT_RELAY_LIMITS } from "../../relay/limits.ts";
import type { RequestContext } from "./request-context.ts";
import type { LoggedGuest } from "./request-streams.ts";

const BUSY = "As many replays as are possible at a time are under way.";

/** Sends a request of the log to its guest once more, and shows both. */
export async function replayRequest(
  guest: LoggedGuest,
  body: unknown,
  { logs, replays }: RequestContext,
): Promise<JsonResponse> {
  const parsed = replayRequestSchema.safeParse(body);
  if (!parsed.success) return errorResponse(400, z.prettifyError(parsed.error));
  const { request, masks, overrides, scheme, loopback } = parsed.data;
  const original = logs.find(guest)?.find(request);
  if (original === undefined) return refusal({ code: "not_found" });
  const replay = buildReplay(original, overrides, DEFAULT_RELAY_LIMITS);
  if ("refusal" in replay) return refusal(replay.refusal);
  const terms = { ...(scheme !== undefined && { scheme }), ...(loopback !== undefined && { loopback }) };
  const upstream = guest.findUpstream(original.port, terms);
  if (isRefusal(upstream)) return refusal(toLogRefusal(upstream));
  if (!replays.hasRoom(guest)) return refusal({ code: "too_many_connections", detail: BUSY });
  const sent = await replays.send(upstream, original, replay);
  logs.put(guest, sent.exchange);
  if (sent.refusal !== undefined) return refusal(toLogRefusal(sent.refusal));
  const mask = masks.find(({ port }) => port === original.port)?.names ?? [];
  const [first, second] = await Promise.all([
    describeExchange(original, mask),
    describeExchange(sent.exchange, mask),
  ]);
  return { status: 200, body: { original: first, replay: second } };
}

export function refusal(why: LogRefusal): JsonResponse {
  return { status: 200, body: { refusal: why } };
}

function toLogRefusal({ code, detail }: Refusal): LogRefusal {
  const known = logRefusalSchema.shape.refusal.shape.code.safeParse(code);
  return { code: known.success ? known.data : "guest_unreachable", ...(detail !== undefined && { detail }) };
}
