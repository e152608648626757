import {
  APP_HEADER,
  CLIENT_IP_HEADER,
  EDGE_TIME_HEADER,
  ERROR_HEADER,
  PASS_HEADER,
  PROTO_HEADER,
  PUBLIC_HOST_HEADER,
  REQUEST_ID_HEADER,
  TIMING_HEADER,
} from "../../shared/protocol/headers.ts";
import type { RefusalCode } from "../../shared/refusal/refusal.ts";
import { fetchHost } from "../hosts/fetch-host.ts";

export interface Forwarding {
  readonly origin: string;
  readonly pass: string;
  readonly url: URL;
  readonly clientIp: string;
  readonly requestId: string;
  /** How long the edge had the request, where its host keeps a log of the port's requests. */
  readonly edgeMs: number | undefined;
  /** The request carries an owner's API token, which must not reach the host. */
  readonly timed: boolean;
}

/**
 * Cloudflare caches what Workers fetch, by the URL: all sandboxes of a host would share one `/assets/app.js`, and a
 * revoked link would still be served. A negative time keeps the cache out and adds no request fields;
 * `cache: "no-store"` would add fields that the app sees.
 */
const NEVER_CACHED: RequestInitCfProperties = { cacheTtl: -1 };

const NOT_FOUND: RefusalCode = "sandbox_not_found";
const NOT_HERE: RefusalCode = "guest_not_here";

/**
 * Sends a request to a host's connector and returns its response untouched: body, encoding and WebSocket.
 *
 * Sets five fields, a sixth where the port is captured, removes an owner's token and leaves the others: filtering them would cost a third of the request,
 * and the connector rewrites the head in any case.
 */
export function forward(request: Request, forwarding: Forwarding): Promise<Response> {
  const { origin, pass, url, clientIp, requestId, edgeMs, timed } = forwarding;
  const headers = new Headers(request.headers);
  headers.set(PASS_HEADER, pass);
  headers.set(PUBLIC_HOST_HEADER, url.host);
  headers.set(PROTO_HEADER, url.protocol === "http:" ? "http" : "https");
  headers.set(CLIENT_IP_HEADER, clientIp);
  headers.set(REQUEST_ID_HEADER, requestId);
  if (edgeMs !== undefined) headers.set(EDGE_TIME_HEADER, String(edgeMs));
  if (timed) headers.delete(TIMING_HEADER);
  return fetchHost(createRequest(origin + url.pathname + url.search, request, headers));
}

/** Cloudflare's response where a host closed the connection without a response. */
const NO_RESPONSE = 520;

/**
 * As `forward`, and once more where the connection broke before a response began: a connector that restarts closes idle
 * connections, and a request may be on its way just then. Only for a GET or HEAD without a body (RFC 9110, section 9.2.2).
 */
export async function forwardSafely(request: Request, forwarding: Forwarding): Promise<Response> {
  if (!isSafeToRepeat(request)) return forward(request, forwarding);
  try {
    const response = await forward(request, forwarding);
    if (response.status !== NO_RESPONSE || !isOriginFailure(response)) return response;
    await response.body?.cancel();
  } catch {
    // The second attempt's error is reported.
  }
  return forward(request, forwarding);
}

/** The connection may break after the app has had the request. */
function isSafeToRepeat({ method, body }: Request): boolean {
  return body === null && (method === "GET" || method === "HEAD");
}

/** One request instead of a copy of a copy, which costs workerd 10 µs more; a GET with a body can only be copied. */
function createRequest(target: string, request: Request, headers: Headers): Request {
  const { method, body } = request;
  const init: RequestInit = { headers, redirect: "manual", cf: NEVER_CACHED };
  if (body !== null && (method === "GET" || method === "HEAD"))
    return new Request(new Request(target, request), init);
  return new Request(target, { ...init, method, body });
}

/** The connector does not have the guest. A guest cannot send this response: its `preview-*` fields are dropped. */
export function isGuestNotHere(response: Response): boolean {
  return response.status === 421 && response.headers.get(ERROR_HEADER) === NOT_HERE;
}

/**
 * The connector refuses what this isolate has admitted by what it remembers: the port is not public any more. Its
 * response is replaced by the one for a sandbox that does not exist.
 */
export function isPortHidden(response: Response): boolean {
  return response.status === 404 && response.headers.get(ERROR_HEADER) === NOT_FOUND;
}

/**
 * Cloudflare's own response for a host that cannot be reached: 520–530, "error code: 522" and the like, with or without
 * `server: cloudflare`. On an app's own response of that range the connector sets `preview-app`, and drops the app's.
 */
export function isOriginFailure(response: Response): boolean {
  const { status, headers } = response;
  return status >= 520 && status <= 530 && !headers.has(APP_HEADER);
}

/** workerd forwards a GET or HEAD without its body where that is chunked, and the app would never know of it. */
export function losesBody({ method, body, headers }: Request): boolean {
  return body !== null && (method === "GET" || method === "HEAD") && headers.has("transfer-encoding");
}

/** The request can be sent again, since it has no body. */
export function isReplayable(request: Request): boolean {
  return request.body === null;
}
