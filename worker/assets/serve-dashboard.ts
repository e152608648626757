import type { Refusal } from "../../shared/refusal/refusal.ts";
import { refuse } from "../../shared/refusal/refusal.ts";
import type { Edge } from "../edge.ts";
import { API_ORIGIN_PLACEHOLDER, DASHBOARD_PATH } from "./asset-paths.ts";
import { findAsset } from "./find-asset.ts";

/** Their names contain a hash of their content. */
const HASHED = /^\/dashboard\/assets\/[\w.-]+$/;
const HASHED_CACHE = "public, max-age=31536000, immutable";

/** Whether a path of the API's hostname, or of the dashboard's own, is the dashboard's. */
export function isDashboardPath(pathname: string): boolean {
  return pathname === "/dashboard" || pathname.startsWith(DASHBOARD_PATH);
}

/** Serves the dashboard, at its own hostname if it has one. The API's hostname then leads there. */
export async function serveDashboard(request: Request, url: URL, edge: Edge): Promise<Response | Refusal> {
  if (request.method !== "GET" && request.method !== "HEAD") return refuse("method_not_allowed");
  const { dashboardHost, domains } = edge.settings;
  if (dashboardHost !== undefined && url.hostname !== dashboardHost)
    return redirect(`https://${dashboardHost}${DASHBOARD_PATH}`);
  if (url.pathname === "/" || url.pathname === "/dashboard") return redirect(DASHBOARD_PATH);
  if (!isDashboardPath(url.pathname)) return refuse("not_found");
  const apiOrigin = dashboardHost === undefined ? url.origin : `https://api.${domains.previewDomain}`;
  return url.pathname === DASHBOARD_PATH
    ? servePage(edge, apiOrigin)
    : serveFile(url.pathname, edge, apiOrigin);
}

async function servePage({ environment }: Edge, apiOrigin: string): Promise<Response | Refusal> {
  const asset = await findAsset(environment, `${DASHBOARD_PATH}index.html`);
  if (asset === undefined) return refuse("not_found");
  const page = (await asset.text()).replace(API_ORIGIN_PLACEHOLDER, apiOrigin);
  const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" };
  return new Response(page, { headers: { ...headers, ...securityFields(apiOrigin) } });
}

async function serveFile(
  pathname: string,
  { environment }: Edge,
  apiOrigin: string,
): Promise<Response | Refusal> {
  const asset = HASHED.test(pathname) ? await findAsset(environment, pathname) : undefined;
  if (asset === undefined) return refuse("not_found");
  const response = new Response(asset.body, asset);
  response.headers.set("cache-control", HASHED_CACHE);
  for (const [name, value] of Object.entries(securityFields(apiOrigin))) response.headers.set(name, value);
  return response;
}

/** Nothing from elsewhere, nothing inline, in no frame; calls go to the API only. */
function securityFields(apiOrigin: string): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src ${apiOrigin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ];
  return {
    "content-security-policy": policy.join("; "),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
  };
}

function redirect(location: string): Response {
  return new Response(null, { status: 302, headers: { location, "cache-control": "no-store" } });
}
