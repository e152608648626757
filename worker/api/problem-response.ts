import type { Refusal } from "../../shared/refusal/refusal.ts";
import { renderRefusal } from "../../shared/refusal/render-refusal.ts";
import type { ApiContext } from "./api-environment.ts";

/** The API's response for a refusal: problem+json, whatever the client accepts. */
export function problemResponse(context: ApiContext, refusal: Refusal): Response {
  const { status, headers, body } = renderRefusal(refusal, { requestId: context.env.requestId, html: false });
  return new Response(body, {
    status,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
  });
}
