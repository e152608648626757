import * as z from "zod";
import { parsePort } from "../../../shared/port.ts";
import {
  GUESTS_PREFIX,
  replayPath,
  requestEventsPath,
  requestPath,
  requestsPath,
} from "../../../shared/protocol/host-calls.ts";
import { listRequestsSchema, showRequestSchema } from "../../../shared/protocol/request-log.ts";
import { describeExchange } from "../../capture/show/describe-exchange.ts";
import { listExchanges } from "../../capture/show/list-exchanges.ts";
import { errorResponse } from "../../control/error-response.ts";
import type { JsonCall, JsonResponse, StreamResponse } from "../../control/serve-json.ts";
import { refusal, replayRequest } from "./replay-request.ts";
import type { RequestContext } from "./request-context.ts";
import type { LoggedGuest } from "./request-streams.ts";

const NO_ROOM = errorResponse(503, "as many streams of requests as this host serves are open");

/** @returns the response to a call about a guest's requests; `undefined` where there is no such guest or resource */
export async function respondAboutRequests(
  call: JsonCall,
  context: RequestContext,
): Promise<JsonResponse | StreamResponse | undefined> {
  const { method, path, body } = call;
  const [pathname = "", query = ""] = path.split("?", 2);
  const [sandboxId = ""] = pathname.slice(GUESTS_PREFIX.length).split("/", 1);
  const guest = context.guests.find(sandboxId);
  if (guest === undefined) return undefined;
  switch (`${method} ${pathname}`) {
    case `POST ${requestsPath(sandboxId)}`:
      return list(guest, body, context);
    case `DELETE ${requestsPath(sandboxId)}`:
      context.logs.forget(guest);
      return { status: 200, body: {} };
    case `POST ${requestPath(sandboxId)}`:
      return show(guest, body, context);
    case `POST ${replayPath(sandboxId)}`:
      return replayRequest(guest, body, context);
    case `GET ${requestEventsPath(sandboxId)}`: {
      if (!context.streams.hasRoom(guest)) return NO_ROOM;
      const port = parsePort(query.replace(/^port=/, ""));
      return { write: (response) => context.streams.open(guest, port, response) };
    }
    default:
      return undefined;
  }
}

function list(guest: LoggedGuest, body: unknown, { logs }: RequestContext): JsonResponse {
  const ask = listRequestsSchema.safeParse(body);
  if (!ask.success) return errorResponse(400, z.prettifyError(ask.error));
  return { status: 200, body: listExchanges(logs.find(guest), ask.data) };
}

async function show(guest: LoggedGuest, body: unknown, { logs }: RequestContext): Promise<JsonResponse> {
  const ask = showRequestSchema.safeParse(body);
  if (!ask.success) return errorResponse(400, z.prettifyError(ask.error));
  const exchange = logs.find(guest)?.find(ask.data.request);
  if (exchange === undefined) return refusal({ code: "not_found" });
  const mask = ask.data.masks.find(({ port }) => port === exchange.port)?.names ?? [];
  return { status: 200, body: { request: await describeExchange(exchange, mask) } };
}
