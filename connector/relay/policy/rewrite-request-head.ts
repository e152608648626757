import { parsePort } from "../../../shared/port.ts";
import type { Destination } from "../destination.ts";
import type { FieldLine } from "../http1/fields/field-line.ts";
import type { RequestHead } from "../http1/parse-request-head.ts";
import { MAX_REWRITTEN_LENGTH } from "./max-rewritten-length.ts";
import { toLocalUrl } from "./preview-origin.ts";
import { mayHaveTokenProtocol, withoutTokenProtocols } from "./token-protocols.ts";
import { mayHaveZoneCookie, withoutZoneCookies } from "./without-zone-cookies.ts";

/**
 * Writes the head that the guest sees. The passes, in order:
 *
 * 1. request line: as it came, in origin form and HTTP/1.1
 * 2. `Host`: `localhost:PORT`, or the public host under the `public` policy
 * 3. the visitor's fields: those for one hop, of the edge, about forwarding or about framing are dropped; `Origin` and
 *    `Referer` of this preview become local under the `local` policy; Cloudflare's cookies for the operator's zone are
 *    taken out, and links' tokens out of subprotocols; all others keep bytes and order
 * 4. forwarding: `X-Forwarded-For` with the edge's address; host, proto and port only under the `public` policy
 * 5. framing: written anew, from what was checked
 */
export function rewriteRequestHead(head: RequestHead, destination: Destination): string {
  const { upstream, publicHost } = destination;
  const isPublic = upstream.headerPolicy === "public";
  const host = isPublic ? publicHost : `localhost:${upstream.port}`;
  let out = `${head.method} ${head.target} HTTP/1.1\r\nHost: ${host}\r\n`;
  out += visitorFields(head, destination, isPublic);
  if (destination.clientIp !== "") out += `X-Forwarded-For: ${destination.clientIp}\r\n`;
  if (isPublic) out += forwardedFields(destination);
  if (head.webSocketKey !== undefined) return `${out}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
  if (head.body === "length") return `${out}Content-Length: ${head.bodyLength}\r\n\r\n`;
  return head.body === "chunked" ? `${out}Transfer-Encoding: chunked\r\n\r\n` : `${out}\r\n`;
}

/** Copies runs of unchanged lines as one slice: most heads are two or three runs. */
function visitorFields(head: RequestHead, destination: Destination, isPublic: boolean): string {
  let out = "";
  let start = head.fieldsStart;
  let runStart = start;
  for (const field of head.fields) {
    const end = start + field.text.length;
    const hopByHop = head.hopByHop?.includes(field.name.lower) === true;
    if (hopByHop || !isKept(head, field, isPublic)) {
      if (runStart < start) out += head.text.slice(runStart, start);
      runStart = end;
      if (!hopByHop) out += rewritten(field, destination);
    }
    start = end;
  }
  return runStart < start ? out + head.text.slice(runStart, start) : out;
}

function isKept(head: RequestHead, { name, value }: FieldLine, isPublic: boolean): boolean {
  switch (name.inRequest) {
    case "pass":
    case "contentType":
    case "webSocketKey":
    case "webSocketVersion":
      return true;
    case "cookie":
      return !mayHaveZoneCookie(value);
    case "webSocketProtocol":
      return !mayHaveTokenProtocol(value);
    case "origin":
    case "referer":
      return isPublic || value.length > MAX_REWRITTEN_LENGTH;
    case "expect":
      // RFC 9110, section 10.1.1: an HTTP/1.0 client cannot mean it.
      return head.minor === 1;
    default:
      return false;
  }
}

/** The field's line for the app; empty for a field that is dropped. */
function rewritten({ name, value }: FieldLine, destination: Destination): string {
  switch (name.inRequest) {
    case "origin":
      return `Origin: ${toLocalUrl(value, destination)}\r\n`;
    case "referer":
      return `Referer: ${toLocalUrl(value, destination)}\r\n`;
    case "cookie": {
      const cookies = withoutZoneCookies(value);
      return cookies === undefined ? "" : `Cookie: ${cookies}\r\n`;
    }
    case "webSocketProtocol": {
      const protocols = withoutTokenProtocols(value);
      return protocols === undefined ? "" : `Sec-WebSocket-Protocol: ${protocols}\r\n`;
    }
    default:
      return "";
  }
}

function forwardedFields({ publicHost, proto }: Destination): string {
  const port = parsePort(publicHost.slice(publicHost.lastIndexOf(":") + 1)) ?? (proto === "https" ? 443 : 80);
  return `X-Forwarded-Host: ${publicHost}\r\nX-Forwarded-Proto: ${proto}\r\nX-Forwarded-Port: ${port}\r\n`;
}
