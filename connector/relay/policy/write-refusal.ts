import { REFUSALS, type Refusal } from "../../../shared/refusal/refusal.ts";
import type { RefusalRequest } from "../../../shared/refusal/refusal-request.ts";
import { renderRefusal } from "../../../shared/refusal/render-refusal.ts";
import { wantsHtml } from "../../../shared/refusal/wants-html.ts";
import type { Destination } from "../destination.ts";
import type { RequestHead } from "../http1/parse-request-head.ts";

/** A refusal as it goes on the wire, in the form that its request asks for. */
export function writeRefusal(
  refusal: Refusal,
  head: RequestHead,
  destination: Destination | undefined,
  requestId: string,
  keepAlive: boolean,
): string {
  const publicHost = destination?.publicHost ?? head.publicHost;
  const request = {
    requestId,
    html: wantsHtml(head.field("sec-fetch-mode"), head.field("accept")),
    scheme: destination?.proto ?? head.proto ?? "https",
    ...(publicHost !== undefined && { publicHost }),
  };
  return write(refusal, request, head.method === "HEAD", keepAlive);
}

/** The refusal of what is no request, or not read: nothing is known about its sender, and the connection ends. */
export function writeUnread(refusal: Refusal): string {
  return write(refusal, { requestId: "", html: false }, false, false);
}

function write(refusal: Refusal, request: RefusalRequest, withoutBody: boolean, keepAlive: boolean): string {
  const { status, headers, body } = renderRefusal(refusal, request);
  let out = `HTTP/1.1 ${status} ${REFUSALS[refusal.code].title}\r\n`;
  for (const [name, value] of headers) out += `${name}: ${value}\r\n`;
  out += `content-length: ${Buffer.byteLength(body)}\r\n`;
  if (!keepAlive) out += "connection: close\r\n";
  return withoutBody ? `${out}\r\n` : `${out}\r\n${body}`;
}
