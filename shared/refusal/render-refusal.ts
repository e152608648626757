import { rateLimitFields } from "../limit/rate-limit-fields.ts";
import { ERROR_HEADER } from "../protocol/headers.ts";
import { refusalPage } from "./page/refusal-page.ts";
import type { RenderedPage } from "./page/render-page.ts";
import { waitingPage } from "./page/waiting-page.ts";
import type { Refusal } from "./refusal.ts";
import { REFUSALS } from "./refusal.ts";
import type { RefusalRequest } from "./refusal-request.ts";

export interface RenderedRefusal {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/**
 * Renders a refusal as a response: HTML for a navigation, else problem+json (RFC 9457).
 */
export function renderRefusal(refusal: Refusal, request: RefusalRequest): RenderedRefusal {
  const { status, title } = REFUSALS[refusal.code];
  const page = request.html ? choosePage(refusal, request) : undefined;
  const body = page?.html ?? JSON.stringify(problem(refusal, request));
  const type = request.html ? "text/html; charset=utf-8" : "application/problem+json";
  const headers: [string, string][] = [
    ["content-type", type],
    ["cache-control", "no-store"],
    [ERROR_HEADER, refusal.code],
    ["x-robots-tag", "noindex"],
  ];
  if (page !== undefined) {
    headers.push(["content-security-policy", page.contentSecurityPolicy]);
    // The page's links lead elsewhere, and a link's hostname is a secret.
    headers.push(["referrer-policy", "same-origin"]);
  }
  if (refusal.retryAfterS !== undefined) headers.push(["retry-after", String(refusal.retryAfterS)]);
  if (refusal.limit !== undefined) {
    headers.push(
      ...rateLimitFields({ limit: refusal.limit, remaining: 0, resetS: refusal.retryAfterS ?? 1 }),
    );
  }
  if (status === 401)
    headers.push(["www-authenticate", `Bearer realm="preview", error="${title.toLowerCase()}"`]);
  return { status, headers, body };
}

function choosePage(refusal: Refusal, request: RefusalRequest): RenderedPage {
  const waits = refusal.code === "port_closed" && (request.method === "GET" || request.method === "HEAD");
  return waits ? waitingPage(refusal, request) : refusalPage(refusal, request);
}

function problem(refusal: Refusal, request: RefusalRequest): Record<string, unknown> {
  const { status, title, detail } = REFUSALS[refusal.code];
  return {
    type: "about:blank",
    title,
    status,
    detail: refusal.detail ?? detail,
    code: refusal.code,
    request_id: request.requestId,
    ...(refusal.retryAfterS !== undefined && { retry_after: refusal.retryAfterS }),
    ...(refusal.openPorts !== undefined && { open_ports: refusal.openPorts }),
    ...(refusal.errors !== undefined && { errors: refusal.errors }),
  };
}
