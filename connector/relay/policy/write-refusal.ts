import type { CorsRequest } from "../../../shared/refusal/cors-request.ts";
import type { Refusal, RefusalCode } from "../../../shared/refusal/refusal.ts";
import { REFUSALS } from "../../../shared/refusal/refusal.ts";
import type { RefusalRequest } from "../../../shared/refusal/refusal-request.ts";
import { renderRefusal } from "../../../shared/refusal/render-refusal.ts";
import { wantsHtml } from "../../../shared/refusal/wants-html.ts";
import type { Destination } from "../destination.ts";
import type { RequestHead } from "../http1/parse-request-head.ts";
import { NEVER_CACHED } from "./never-cached.ts";
import { shownPorts } from "./shown-ports.ts";

/** The request that a refusal responds to. */
export interface RefusedRequest {
  readonly head: RequestHead;
  /** Where the request was to go, if that is known. */
  readonly destination: Destination | undefined;
  readonly requestId: string;
  /** The visitor's connection stays open. */
  readonly keepAlive: boolean;
  /** For how long the request was held at most, where it prefers to wait (RFC 7240). */
  readonly heldS?: number | undefined;
}

/** The edge reads these by their status, and writes the visitor a response of its own. */
const FOR_EDGE = new Set<RefusalCode>(["guest_not_here", "sandbox_not_found"]);

/** Writes a refusal as an HTTP response, in the form that its request asks for. */
export function writeRefusal(
  refusal: Refusal,
  { head, destination, requestId, keepAlive, heldS }: RefusedRequest,
): string {
  const withoutBody = head.method === "HEAD";
  if (FOR_EDGE.has(refusal.code)) return write(refusal, { requestId, html: false }, withoutBody, keepAlive);
  const publicHost = destination?.publicHost ?? head.publicHost;
  const request = {
    requestId,
    method: head.method,
    path: findPath(head.target),
    // Browsers never show the response to an OPTIONS.
    html: head.method !== "OPTIONS" && wantsHtml(head.field("sec-fetch-mode"), head.field("accept")),
    scheme: destination?.proto ?? head.proto ?? "https",
    ...(publicHost !== undefined && { publicHost }),
    ...describeCors(head),
    // The pass was verified: also who has come by a link may know its port.
    ...(destination !== undefined && { port: destination.upstream.port }),
  };
  const more = heldS === undefined ? "" : `preference-applied: wait=${heldS}\r\n`;
  return write(shownRefusal(refusal, destination), request, withoutBody, keepAlive, more);
}

function findPath(target: string): string {
  const query = target.indexOf("?");
  return query === -1 ? target : target.slice(0, query);
}

function describeCors(head: RequestHead): { readonly cors?: CorsRequest } {
  const origin = head.field("origin");
  if (origin === undefined) return {};
  const method = head.field("access-control-request-method");
  const headers = head.field("access-control-request-headers");
  return {
    cors: { origin, ...(method !== undefined && { method }), ...(headers !== undefined && { headers }) },
  };
}

function shownRefusal(refusal: Refusal, destination: Destination | undefined): Refusal {
  if (destination === undefined || refusal.openPorts === undefined) return refusal;
  const { openPorts, ...shown } = refusal;
  const ports = shownPorts(openPorts, destination);
  return ports === undefined ? shown : { ...shown, openPorts: ports };
}

/** Writes the refusal of bytes that are no request, or were not read. The connection ends with it. */
export function writeUnread(refusal: Refusal): string {
  return write(refusal, { requestId: "", html: false }, false, false);
}

/** @param more further field lines */
function write(
  refusal: Refusal,
  request: RefusalRequest,
  withoutBody: boolean,
  keepAlive: boolean,
  more = "",
): string {
  const { status, headers, body } = renderRefusal(refusal, request);
  // A preflight's 204 and the 200 of `/robots.txt` are not the refusal's own status.
  const reason = status < 300 ? "OK" : REFUSALS[refusal.code].title;
  let out = `HTTP/1.1 ${status} ${reason}\r\n`;
  for (const [name, value] of headers) out += `${name}: ${value}\r\n`;
  out += more + NEVER_CACHED;
  // RFC 9110, section 8.6: not with 204.
  if (status !== 204) out += `content-length: ${Buffer.byteLength(body)}\r\n`;
  if (!keepAlive) out += "connection: close\r\n";
  return withoutBody ? `${out}\r\n` : `${out}\r\n${body}`;
}
