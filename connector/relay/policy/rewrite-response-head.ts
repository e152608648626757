import type { Destination } from "../destination.ts";
import type { FieldLine } from "../http1/field-line.ts";
import { IN_RESPONSE } from "../http1/field-name.ts";
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
 * 2. the guest's fields: what is for one hop, ours or about framing is left out; addresses of the guest's loopback
 *    become public ones; cookies stay with their own preview; all others keep bytes and order
 * 3. ours: `x-robots-tag`, and on links a `referrer-policy` where the app set none, so that the link does not leak
 */
export function rewriteResponseHead(head: ResponseHead, destination: Destination): string {
  let out = `${head.statusLine.text}${guestFields(head, destination)}x-robots-tag: noindex\r\n`;
  // Never `no-referrer`: browsers then send `Origin: null`, which frameworks refuse.
  if (destination.link !== undefined && !head.setsReferrerPolicy) out += "referrer-policy: same-origin\r\n";
  return out;
}

/** Copies runs of untouched lines whole: most heads are two or three runs. */
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

function isKept(rule: number): boolean {
  return (
    rule === IN_RESPONSE.pass ||
    rule === IN_RESPONSE.referrerPolicy ||
    rule === IN_RESPONSE.webSocketAccept ||
    rule === IN_RESPONSE.webSocketProtocol
  );
}

/** The field's line for the visitor; empty where the field stays here. */
function rewritten(field: FieldLine, destination: Destination): string {
  const value = rewrittenValue(field, destination);
  return value === undefined ? "" : `${nameAsSent(field)}: ${value}\r\n`;
}

function rewrittenValue({ name, value }: FieldLine, destination: Destination): string | undefined {
  switch (name.inResponse) {
    case IN_RESPONSE.location:
      return toPublicUrl(value, destination);
    case IN_RESPONSE.refresh:
      return value.replace(REFRESH_URL, (_, before, url) => before + toPublicRefresh(url, destination));
    case IN_RESPONSE.link:
      return value.replace(LINK_TARGET, (_, url) => `<${toPublicUrl(url, destination)}>`);
    case IN_RESPONSE.allowOrigin:
      return destination.upstream.headerPolicy === "public" ? value : toPublicOrigin(value, destination);
    case IN_RESPONSE.setCookie:
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
