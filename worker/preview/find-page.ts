import { clientKey } from "../../shared/client-key.ts";
import { isSiblingOrigin } from "../../shared/refusal/sibling-origin.ts";

/** A navigation, or a request that a page makes of its own hostname; and whose. */
export interface Page {
  readonly kind: "navigation" | "own";
  /** The client's address, for IPv6 its /64; empty if unknown. */
  readonly client: string;
}

/**
 * Recognises what a person's browser requests for a page, by what the request says of itself. Anyone can forge these
 * fields: what they are worth is bounded (`worker/objects/visits/visits.ts`).
 *
 * - A navigation is a GET with `Sec-Fetch-Mode: navigate`. The mode decides: behind a service worker Chromium navigates
 *   with `Sec-Fetch-Dest: empty`.
 * - A page's own requests say `Sec-Fetch-Site: same-origin`. A WebSocket's handshake has no such field, so its `Origin`
 *   decides. The `Origin` of another port of the sandbox, under its public hostname, counts as the own one.
 *
 * @returns `undefined` for any other request
 */
export function findPage(
  request: Pick<Request, "method" | "headers">,
  url: URL,
  clientIp: string,
): Page | undefined {
  const { method, headers } = request;
  if (method === "GET" && headers.get("sec-fetch-mode") === "navigate")
    return { kind: "navigation", client: clientKey(clientIp) };
  const site = headers.get("sec-fetch-site");
  const isOwn =
    site === "same-origin" || ((site !== null || isWebSocket(headers)) && isOwnOrigin(headers, url));
  return isOwn ? { kind: "own", client: clientKey(clientIp) } : undefined;
}

function isWebSocket(headers: Headers): boolean {
  return headers.get("upgrade")?.toLowerCase() === "websocket";
}

function isOwnOrigin(headers: Headers, url: URL): boolean {
  const origin = headers.get("origin");
  if (origin === null) return false;
  return origin === url.origin || isSiblingOrigin(origin, url.protocol.slice(0, -1), url.host);
}
