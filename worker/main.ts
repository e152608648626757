import { parseHostname } from "../shared/parse-hostname.ts";
import type { Refusal } from "../shared/refusal.ts";
import { isRefusal, refuse } from "../shared/refusal.ts";
import { api } from "./api/api.ts";
import { edgeFor } from "./edge.ts";
import type { Environment } from "./environment.ts";
import { servePreview } from "./preview.ts";
import { refusalResponse } from "./refusal-response.ts";
import { SettingsError } from "./settings.ts";

export { Host } from "./objects/host.ts";
export { Sandbox } from "./objects/sandbox.ts";
export { Workspace } from "./objects/workspace.ts";

export default {
  async fetch(request, environment, context): Promise<Response> {
    const requestId = crypto.randomUUID();
    try {
      const answer = await serve(request, environment, context, requestId);
      return isRefusal(answer) ? refusalResponse(answer, request, requestId) : answer;
    } catch (error) {
      return refusalResponse(explain(error, requestId), request, requestId);
    }
  },
} satisfies ExportedHandler<Environment>;

async function serve(
  request: Request,
  environment: Environment,
  context: ExecutionContext,
  requestId: string,
): Promise<Response | Refusal> {
  const edge = await edgeFor(environment);
  const url = new URL(request.url);
  if (edge.settings.apiHostnames.has(url.hostname))
    return api.fetch(request, { environment, edge, requestId }, context);
  const hostname = parseHostname(url.hostname, edge.settings.domains);
  if (isRefusal(hostname)) return hostname;
  if (hostname.kind === "api") return api.fetch(request, { environment, edge, requestId }, context);
  return servePreview({ request, url, hostname, requestId }, edge);
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
