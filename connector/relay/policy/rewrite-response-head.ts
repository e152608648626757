import { APP_HEADER } from "../../../shared/protocol/headers.ts";
import type { Destination } from "../destination.ts";
import type { FieldLine } from "../http1/fields/field-line.ts";
import type { ResponseRule } from "../http1/fields/field-rules.ts";
import type { ResponseHead } from "../http1/parse-response-head.ts";
import { chooseLinkReferrerPolicy } from "./choose-link-referrer-policy.ts";
import { embedCookie } from "./embedding/embed-cookie.ts";
import { frameAncestors } from "./embedding/frame-ancestors.ts";
import { withoutFrameAncestors } from "./embedding/without-frame-ancestors.ts";
import { isolateClearSiteData } from "./isolate-clear-site-data.ts";
import { isolateCookie } from "./isolate-cookie.ts";
import { MAX_REWRITTEN_LENGTH } from "./max-rewritten-length.ts";
import { NEVER_CACHED } from "./never-cached.ts";
import { findLocalPort, toPublicOrigin, toPublicUrl } from "./preview-origin.ts";
import { rewriteLinkTargets } from "./rewrite-link-targets.ts";
import { rewriteRefresh } from "./rewrite-refresh.ts";

const ADDED = `x-robots-tag: noindex\r\n${NEVER_CACHED}`;

/** Cloudflare's own statuses for an origin that fails. */
const MIN_ORIGIN_FAILURE = 520;
const MAX_ORIGIN_FAILURE = 530;

/**
 * Writes the head that the visitor sees, without the framing and without the empty line. The passes, in order:
 *
 * 1. status line: as it came, in HTTP/1.1
 * 2. the guest's fields: those for one hop, of this service or about framing are dropped; URLs of the guest's loopback
 *    become public ones; what reaches other origins is taken out of cookies and `Clear-Site-Data`; all others keep bytes
 *    and order
 * 3. added: `x-robots-tag`; `cloudflare-cdn-cache-control`; on links one `referrer-policy`, so that the link does not
 *    leak; on a link that may be embedded, which origins may; `preview-app` where Cloudflare's own failures have the same status
 */
export function rewriteResponseHead(head: ResponseHead, destination: Destination): string {
  const { status, fields } = head;
  let out = `${head.statusLine.text}${guestFields(head, destination)}${ADDED}`;
  if (destination.embed !== undefined) out += frameAncestors(destination.embed);
  if (destination.link !== undefined) out += `referrer-policy: ${chooseLinkReferrerPolicy(fields)}\r\n`;
  if (status >= MIN_ORIGIN_FAILURE && status <= MAX_ORIGIN_FAILURE) out += `${APP_HEADER}: 1\r\n`;
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
    if (hopByHop || !isKept(field.name.inResponse, destination)) {
      if (runStart < start) out += head.text.slice(runStart, start);
      runStart = end;
      if (!hopByHop) out += rewritten(field, destination);
    }
    start = end;
  }
  return runStart < start ? out + head.text.slice(runStart, start) : out;
}

function isKept(rule: ResponseRule, { link, embed }: Destination): boolean {
  switch (rule) {
    case "pass":
    case "webSocketAccept":
    case "webSocketProtocol":
      return true;
    case "referrerPolicy":
      return link === undefined;
    case "frameOptions":
    case "contentSecurityPolicy":
      return embed === undefined;
    default:
      return false;
  }
}

/** The field's line for the visitor; empty for a field that is dropped. */
function rewritten(field: FieldLine, destination: Destination): string {
  const value =
    field.value.length > MAX_REWRITTEN_LENGTH ? tooLongValue(field) : rewrittenValue(field, destination);
  return value === undefined ? "" : `${nameAsSent(field)}: ${value}\r\n`;
}

function rewrittenValue({ name, value }: FieldLine, destination: Destination): string | undefined {
  switch (name.inResponse) {
    case "location":
      return toPublicUrl(value, destination);
    case "refresh":
      return rewrittenRefresh(value, destination);
    case "link":
      return rewriteLinkTargets(value, (url) => toPublicUrl(url, destination));
    case "allowOrigin":
      return destination.upstream.headerPolicy === "public" ? value : toPublicOrigin(value, destination);
    case "setCookie":
      return destination.embed === undefined ? isolateCookie(value) : embedCookie(value);
    case "contentSecurityPolicy":
      return withoutFrameAncestors(value);
    case "clearSiteData":
      return isolateClearSiteData(value);
    default:
      return undefined;
  }
}

/** On a link, what would lead to another port is dropped: to the browser it is the visitor's own `localhost`. */
function rewrittenRefresh(value: string, destination: Destination): string | undefined {
  let isHidden = false;
  const rewritten = rewriteRefresh(value, (url) => {
    const port = findLocalPort(url);
    isHidden = destination.link !== undefined && port !== undefined && port !== destination.upstream.port;
    return toPublicUrl(url, destination);
  });
  return isHidden ? undefined : rewritten;
}

/** An address stays as it is, since a local one is harmless; what reaches other origins must not pass unread. */
function tooLongValue({ name, value }: FieldLine): string | undefined {
  switch (name.inResponse) {
    case "location":
    case "refresh":
    case "link":
    case "allowOrigin":
    // Without its policy the app would be open to more than frames.
    case "contentSecurityPolicy":
      return value;
    default:
      return undefined;
  }
}

function nameAsSent({ text }: FieldLine): string {
  return text.slice(0, text.indexOf(":"));
}
