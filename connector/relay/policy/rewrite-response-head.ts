import type { Destination } from "../destination.ts";
import type { FieldLine } from "../http1/field-line.ts";
import type { ResponseRule } from "../http1/field-name.ts";
import type { ResponseHead } from "../http1/parse-response-head.ts";
import { isolateCookie } from "./isolate-cookie.ts";
import { publicOrigin, toPublicUrl } from "./preview-origin.ts";

const LOCAL_HTTP_ORIGIN = /^http:\/\/localhost:([0-9]{1,5})$/;
const REFRESH_URL = /^(\s*[0-9.]*\s*[;,]\s*url\s*=\s*["']?)(.*)$/i;
const LINK_TARGET = /<([^<>]*)>/g;

/**
 * Writes the head that the visitor sees, without the framing and without the empty line. The passes, in order:
 *
 * 1. status line: as it came, in HTTP/1.1
 * 2. the guest's fields: those for one hop, of this service or about framing are dropped; URLs of the guest's loopback
 *    become public ones; cookies are kept to their own preview; all others keep bytes and order
 * 3. added: `x-robots-tag`, and on links a `referrer-policy` where the app set none, so that the link does not leak
 */
export function rewriteResponseHead(head: ResponseHead, destination: Destination): string {
  let out = `${head.statusLine.text}${guestFields(head, destination)}x-robots-tag: noindex\r\n`;
  // Never `no-referrer`: browsers then send `Origin: null`, which frameworks refuse.
  if (destination.link !== undefined && !head.setsReferrerPolicy) out += "referrer-policy: same-origin\r\n";
  return out;
}

/** Copies runs of unchanged lines as one slice: most heads are two or three runs. */
function guestFields(head: ResponseHead, destination: Destination): string {
  let out = "";
  let start = head.fieldsStart;
  let runStart = start;
  for (const field of head.fields) {
    const end = start + field.text.length;
    const hopByHop = head.hopByHop?.includes(field.name.lower) === true;
    if (hopByHop || !isKept(field.name.inResponse)) {
      if (runStart < start) out += head.text.slice(runStart, start);
      runStart = end;
      if (!hopByHop) out += rewritten(field, destination);
    }
    start = end;
  }
  return runStart < start ? out + head.text.slice(runStart, start) : out;
}

function isKept(rule: ResponseRule): boolean {
  return (
    rule === "pass" || rule === "referrerPolicy" || rule === "webSocketAccept" || rule === "webSocketProtocol"
  );
}

/** The field's line for the visitor; empty for a field that is dropped. */
function rewritten(field: FieldLine, destination: Destination): string {
  const value = rewrittenValue(field, destination);
  return value === undefined ? "" : `${nameAsSent(field)}: ${value}\r\n`;
}

function rewrittenValue({ name, value }: FieldLine, destination: Destination): string | undefined {
  switch (name.inResponse) {
    case "location":
      return toPublicUrl(value, destination);
    case "refresh":
      return value.replace(REFRESH_URL, (_, before, url) => before + toPublicRefresh(url, destination));
    case "link":
      return value.replace(LINK_TARGET, (_, url) => `<${toPublicUrl(url, destination)}>`);
    case "allowOrigin":
      return destination.upstream.headerPolicy === "public" ? value : toPublicOrigin(value, destination);
    case "setCookie":
      return isolateCookie(value, destination.publicHost);
    default:
      return undefined;
  }
}

/** A quoted URL ends at its quote. */
function toPublicRefresh(url: string, destination: Destination): string {
  const end = url.search(/["']/);
  return end === -1
    ? toPublicUrl(url, destination)
    : toPublicUrl(url.slice(0, end), destination) + url.slice(end);
}

function toPublicOrigin(value: string, destination: Destination): string {
  const port = LOCAL_HTTP_ORIGIN.exec(value)?.[1];
  return (port !== undefined && publicOrigin(Number(port), destination)) || value;
}

function nameAsSent({ text }: FieldLine): string {
  return text.slice(0, text.indexOf(":"));
}
