import { rateLimitFields } from "../limit/rate-limit-fields.ts";
import { ERROR_HEADER } from "../protocol/headers.ts";
import { corsFields, preflightFields } from "./cors.ts";
import { refusalPage } from "./page/refusal-page.ts";
import type { RenderedPage } from "./page/render-page.ts";
import { waitingPage } from "./page/waiting-page.ts";
import type { Refusal } from "./refusal.ts";
import { REFUSALS } from "./refusal.ts";
import type { RefusalRequest } from "./refusal-request.ts";
import { isRobotsQuestion, ROBOTS_TXT } from "./robots.ts";

export interface RenderedRefusal {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/**
 * Renders a refusal as a response: HTML for a navigation, else problem+json (RFC 9457). A sibling port's preflight and a
 * crawler's `/robots.txt` get what lets them understand it.
 */
export function renderRefusal(refusal: Refusal, request: RefusalRequest): RenderedRefusal {
  const preflight = preflightFields(refusal, request);
  if (preflight !== undefined)
    return { status: 204, headers: [...commonFields(refusal), ...preflight], body: "" };
  const { status, title } = REFUSALS[refusal.code];
  const { fields, body, robots } = renderBody(refusal, request);
  const headers = [...fields, ...commonFields(refusal), ...corsFields(request)];
  if (refusal.retryAfterS !== undefined) headers.push(["retry-after", String(refusal.retryAfterS)]);
  headers.push(...limitFields(refusal));
  if (status === 401)
    headers.push(["www-authenticate", `Bearer realm="preview", error="${title.toLowerCase()}"`]);
  return { status: robots ? 200 : status, headers, body };
}

type Field = readonly [name: string, value: string];

function commonFields(refusal: Refusal): Field[] {
  return [
    ["cache-control", "no-store"],
    [ERROR_HEADER, refusal.code],
    ["x-robots-tag", "noindex"],
  ];
}

interface RenderedBody {
  readonly fields: readonly Field[];
  readonly body: string;
  readonly robots: boolean;
}

function renderBody(refusal: Refusal, request: RefusalRequest): RenderedBody {
  if (isRobotsQuestion(REFUSALS[refusal.code].status, request))
    return { fields: [["content-type", "text/plain; charset=utf-8"]], body: ROBOTS_TXT, robots: true };
  if (!request.html) {
    const body = JSON.stringify(problem(refusal, request));
    return { fields: [["content-type", "application/problem+json"]], body, robots: false };
  }
  const { html, contentSecurityPolicy } = choosePage(refusal, request);
  const fields: Field[] = [
    ["content-type", "text/html; charset=utf-8"],
    ["content-security-policy", contentSecurityPolicy],
    // The page's links lead elsewhere, and a link's hostname is a secret.
    ["referrer-policy", "same-origin"],
  ];
  return { fields, body: html, robots: false };
}

function choosePage(refusal: Refusal, request: RefusalRequest): RenderedPage {
  const waits = refusal.code === "port_closed" && (request.method === "GET" || request.method === "HEAD");
  return waits ? waitingPage(refusal, request) : refusalPage(refusal, request);
}

function limitFields({ limit, budget, page, retryAfterS = 1 }: Refusal): [name: string, value: string][] {
  if (limit === undefined) return [];
  const quota = { remaining: 0, resetS: retryAfterS };
  const hit = { ...quota, limit, ...(budget && { budget }) };
  return page === undefined ? rateLimitFields(hit) : rateLimitFields(hit, { ...quota, ...page });
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
