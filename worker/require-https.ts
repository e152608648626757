import type { Refusal } from "../shared/refusal/refusal.ts";
import { refuse } from "../shared/refusal/refusal.ts";

/** A year, as RFC 6797 recommends to make first visits the only ones over http. */
export const HSTS = "max-age=31536000";

/**
 * What a request over plain http gets: a page is led to https; anything else is refused, because a redirect would hide
 * from its sender that a credential or a body has just crossed the network in the clear.
 *
 * @returns a 308, or `https_required`
 */
export function requireHttps(request: Request, url: URL): Response | Refusal {
  const { method, headers } = request;
  const isPage = (method === "GET" || method === "HEAD") && !headers.has("authorization");
  if (!isPage || headers.has("upgrade")) return refuse("https_required");
  const location = new URL(url);
  location.protocol = "https:";
  return new Response(null, {
    status: 308,
    headers: { location: location.href, "cache-control": "no-store" },
  });
}
