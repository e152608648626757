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

export { Host } from "./objects/host.ts";
export { Sandbox } from "./objects/sandbox.ts";
export { Workspace } from "./objects/workspace.ts";

export default {
  async fetch(request, environment, context): Promise<Response> {
    const record = new RequestRecord(request);
    let sampleRate = 1;
    let response: Response;
    try {
      const edge = recallEdge(environment) ?? (await edgeFor(environment));
      sampleRate = edge.settings.logSampleRate;
      const answer = await serve(request, environment, context, edge, record);
      response = isRefusal(answer) ? refusalResponse(answer, request, record.requestId) : answer;
      const { timingToken } = record;
      if (timingToken !== null) response = await addTiming(response, record, timingToken, environment);
    } catch (error) {
      response = refusalResponse(explain(error, record.requestId), request, record.requestId);
    }
    const weight = reportWeight(record, response, sampleRate);
    if (weight > 0) context.waitUntil(reportRequest(record, request, response, weight, environment));
    return response;
  },
} satisfies ExportedHandler<Environment>;

async function serve(
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
  return servePreview({ request, url, hostname, clientIp, record }, edge);
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
