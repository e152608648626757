import {
  CLIENT_IP_HEADER,
  ERROR_HEADER,
  PASS_HEADER,
  PROTO_HEADER,
  PUBLIC_HOST_HEADER,
  REQUEST_ID_HEADER,
  TIMING_HEADER,
} from "../../shared/protocol/headers.ts";
import type { RefusalCode } from "../../shared/refusal/refusal.ts";

export interface Forwarding {
  readonly origin: string;
  readonly pass: string;
  readonly url: URL;
  readonly clientIp: string;
  readonly requestId: string;
  /** The request carries an owner's API token, which is not the host's business. */
  readonly timed: boolean;
}

/**
 * Cloudflare caches what Workers fetch, by the URL: all sandboxes of a host would share one `/assets/app.js`, and whoever
 * withdrew a link would find it answered. A negative time keeps the cache out without a word to the app, which
 * `cache: "no-store"` would say in fields of its own.
 */
const NEVER_CACHED: RequestInitCfProperties = { cacheTtl: -1 };

const NOT_HERE: RefusalCode = "guest_not_here";

/**
 * Sends a request to a host's connector and gives back what it answers, untouched: body, encoding and WebSocket.
 *
 * Sets five fields, takes away an owner's token, and leaves the others alone: copying them would cost a third of the request, and the
 * connector rewrites the head anyway.
 */
export function forward(request: Request, forwarding: Forwarding): Promise<Response> {
  const { origin, pass, url, clientIp, requestId, timed } = forwarding;
  const headers = new Headers(request.headers);
  headers.set(PASS_HEADER, pass);
  headers.set(PUBLIC_HOST_HEADER, url.host);
  headers.set(PROTO_HEADER, url.protocol === "http:" ? "http" : "https");
  headers.set(CLIENT_IP_HEADER, clientIp);
  headers.set(REQUEST_ID_HEADER, requestId);
  if (timed) headers.delete(TIMING_HEADER);
  return fetch(createRequest(origin + url.pathname + url.search, request, headers));
}

/** One request instead of a copy of a copy, which costs workerd 10 µs more; a GET with a body allows no other way. */
function createRequest(target: string, request: Request, headers: Headers): Request {
  const { method, body } = request;
  const init: RequestInit = { headers, redirect: "manual", cf: NEVER_CACHED };
  if (body !== null && (method === "GET" || method === "HEAD"))
    return new Request(new Request(target, request), init);
  return new Request(target, { ...init, method, body });
}

/** The connector does not run the guest that we believed there. A guest cannot say this: its `preview-*` fields are dropped. */
export function isGuestNotHere(response: Response): boolean {
  return response.status === 421 && response.headers.get(ERROR_HEADER) === NOT_HERE;
}

/**
 * Cloudflare's own answer for a host that cannot be reached: 520–530, "error code: 522" and the like. An app that says
 * the same, `server: cloudflare` included, is shown as unreachable, which harms nobody.
 */
export function isOriginFailure(response: Response): boolean {
  const { status, headers } = response;
  return status >= 520 && status <= 530 && headers.get("server") === "cloudflare";
}

/** Nothing of it is lost when it is sent again. */
export function isReplayable(request: Request): boolean {
  return request.body === null;
}
