import type { ExecutionContext } from "hono";
import type { Refusal } from "../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../shared/refusal/refusal.ts";
import { api } from "./api/api.ts";
import type { Edge } from "./edge.ts";
import { edgeFor, recallEdge } from "./edge.ts";
import type { Environment } from "./environment.ts";
import { servePreview } from "./preview/serve-preview.ts";
import { refusalResponse } from "./refusal-response.ts";
import { addTiming } from "./report/owner-timing.ts";
import { reportRequest, reportWeight } from "./report/report-request.ts";
import { RequestRecord } from "./report/request-record.ts";
import { SettingsError } from "./settings.ts";

/**
 * Serves any request that reaches the Worker:
 *
 * 1. read the hostname; what is not ours is refused before anything is looked up
 * 2. the API's hostnames lead to the API, all others to their preview
 * 3. a refusal becomes a response, an error a bare 500 with a request id
 * 4. add the owner's `server-timing` where it was asked for, and log the request or not
 */
export async function serveRequest(
  request: Request,
  environment: Environment,
  context: ExecutionContext,
): Promise<Response> {
  const record = new RequestRecord(request);
  let sampleRate = 1;
  let response: Response;
  try {
    const edge = recallEdge(environment) ?? (await edgeFor(environment));
    sampleRate = edge.settings.logSampleRate;
    const result = await route(request, environment, context, edge, record);
    response = isRefusal(result) ? refusalResponse(result, request, record.requestId) : result;
    const { timingToken } = record;
    if (timingToken !== null) response = await addTiming(response, record, timingToken, environment);
  } catch (error) {
    response = refusalResponse(explain(error, record.requestId), request, record.requestId);
  }
  const weight = reportWeight(record, response, sampleRate);
  if (weight > 0) context.waitUntil(reportRequest(record, request, response, weight, environment));
  return response;
}

async function route(
  request: Request,
  environment: Environment,
  context: ExecutionContext,
  edge: Edge,
  record: RequestRecord,
): Promise<Response | Refusal> {
  const url = new URL(request.url);
  const hostname = edge.hostnames.parse(url.hostname);
  if (isRefusal(hostname)) return hostname;
  if (hostname.kind === "api") {
    record.isApi = true;
    return api.fetch(request, { environment, edge, requestId: record.requestId }, context);
  }
  const clientIp = request.headers.get("cf-connecting-ip") ?? "";
  return servePreview({ request, url, hostname, clientIp, record, context }, edge);
}

function explain(error: unknown, requestId: string): Refusal {
  if (error instanceof SettingsError) {
    console.error({ event: "misconfigured", request: requestId, error: error.message });
    return refuse("edge_misconfigured");
  }
  console.error({
    event: "bug",
    request: requestId,
    error: error instanceof Error ? error.stack : String(error),
  });
  return refuse("internal");
}
