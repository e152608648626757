import type { Refusal } from "../../shared/refusal/refusal.ts";
import { renderRefusal } from "../../shared/refusal/render-refusal.ts";
import type { ApiContext } from "./api-environment.ts";

/** The API's "no": problem+json, whoever asks. */
export function answerRefusal(context: ApiContext, refusal: Refusal): Response {
  const { status, headers, body } = renderRefusal(refusal, { requestId: context.env.requestId, html: false });
  return new Response(body, {
    status,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
  });
}

/** A time in the API: RFC 3339, UTC, whole seconds. */
export function formatTime(unixMs: number): string {
  return new Date(unixMs).toISOString().replace(/\.\d{3}Z$/, "Z");
}
