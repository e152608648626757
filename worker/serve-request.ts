import type { ExecutionContext } from "hono";
import type { Refusal } from "../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../shared/refusal/refusal.ts";
import { api } from "./api/api.ts";
import { isDashboardPath, serveDashboard } from "./assets/serve-dashboard.ts";
import type { Edge } from "./edge.ts";
import { edgeFor, recallEdge } from "./edge.ts";
import type { Environment } from "./environment.ts";
import { servePreview } from "./preview/serve-preview.ts";
import { redirectToReference } from "./redirect-to-reference.ts";
import { refusalResponse } from "./refusal-response.ts";
import { addTiming } from "./report/owner-timing.ts";
import { reportRequest, reportWeight } from "./report/report-request.ts";
import { RequestRecord } from "./report/request-record.ts";
import { HSTS, requireHttps } from "./require-https.ts";
import { SettingsError } from "./settings.ts";

/**
 * Serves any request that reaches the Worker:
 *
 * 1. parse the URL and its hostname; what is not ours is refused before anything is looked up
 * 2. over plain http: redirect or refuse
 * 3. the API's hostnames lead to the API, all others to their preview
 * 4. a refusal becomes a response, an error a bare 500 with a request id
 * 5. add the owner's `server-timing` where it was asked for, and log the request or not
 */
export async function serveRequest(
  request: Request,
  environment: Environment,
  context: ExecutionContext,
): Promise<Response> {
  const record = new RequestRecord(request);
  const url = parseUrl(request.url);
  const { requestId } = record;
  let sampleRate = 1;
  let abuseContact: string | undefined;
  let response: Response;
  try {
    const edge = recallEdge(environment) ?? (await edgeFor(environment));
    const { logSampleRate, allowHttp } = edge.settings;
    sampleRate = logSampleRate;
    abuseContact = edge.settings.abuseContact;
    const result =
      url === undefined ? refuse("request_malformed") : await route({ request, url, context, record }, edge);
    response = isRefusal(result)
      ? refusalResponse(result, { request, url, requestId, abuseContact })
      : result;
    // Our own responses, not the app's.
    if ((isRefusal(result) || record.isApi) && !allowHttp)
      response.headers.set("strict-transport-security", HSTS);
    const { timingToken } = record;
    if (timingToken !== null) response = await addTiming(response, record, timingToken, edge.environment);
  } catch (error) {
    response = refusalResponse(explain(error, requestId), { request, url, requestId, abuseContact });
  }
  const weight = reportWeight(record, response, sampleRate);
  if (weight > 0) context.waitUntil(reportRequest(record, request, response, weight, environment));
  return response;
}

interface IncomingRequest {
  readonly request: Request;
  readonly url: URL;
  readonly context: ExecutionContext;
  readonly record: RequestRecord;
}

async function route(incoming: IncomingRequest, edge: Edge): Promise<Response | Refusal> {
  const { request, url, context, record } = incoming;
  const hostname = edge.hostnames.parse(url.hostname);
  if (isRefusal(hostname)) {
    if (url.hostname === edge.settings.dashboardHost && url.protocol === "https:") {
      record.isApi = true;
      return serveDashboard(request, url, edge);
    }
    return redirectToReference(request, url, edge.settings) ?? hostname;
  }
  if (url.protocol === "http:" && !edge.settings.allowHttp) return requireHttps(request, url);
  if (hostname.kind === "api") {
    record.isApi = true;
    const redirect = redirectToReference(request, url, edge.settings);
    if (redirect !== undefined) return redirect;
    if (isDashboardPath(url.pathname)) return serveDashboard(request, url, edge);
    const { requestId } = record;
    return api.fetch(request, { environment: edge.environment, edge, requestId }, context);
  }
  const clientIp = request.headers.get("cf-connecting-ip") ?? "";
  return servePreview({ request, url, hostname, clientIp, record, context }, edge);
}

/** workerd builds a request's URL from any `Host` field: `a b`, `[` and two hosts joined by a comma are no URL. */
function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
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
