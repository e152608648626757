import { wantsHtml } from "../shared/refusal/wants-html.ts";
import type { Settings } from "./settings.ts";

/**
 * Leads a browser that opens the API's root, or a domain without a preview in front of it, to the API's reference.
 * Programs get their problem+json.
 *
 * @returns a 302; `undefined` for every other request
 */
export function redirectToReference(request: Request, url: URL, settings: Settings): Response | undefined {
  const { method, headers } = request;
  if (url.pathname !== "/" || (method !== "GET" && method !== "HEAD")) return undefined;
  const apiHost = findApiHost(url, settings);
  if (apiHost === undefined) return undefined;
  if (!wantsHtml(headers.get("sec-fetch-mode"), headers.get("accept"))) return undefined;
  return new Response(null, {
    status: 302,
    headers: {
      location: `${url.protocol}//${apiHost}/docs`,
      "cache-control": "no-store",
      vary: "accept, sec-fetch-mode",
    },
  });
}

function findApiHost({ host, hostname, port }: URL, { apiHostnames, domains }: Settings): string | undefined {
  if (apiHostnames.has(hostname)) return host;
  const { previewDomain, linkDomain } = domains;
  if (hostname !== previewDomain && hostname !== linkDomain) return undefined;
  return `api.${previewDomain}${port === "" ? "" : `:${port}`}`;
}
