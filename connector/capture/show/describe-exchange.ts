import type { RequestDetail, RequestSummary } from "../../../shared/protocol/request-log.ts";
import { MASK, MAX_LISTED_PATH } from "../../../shared/protocol/request-log.ts";
import type { CapturedExchange } from "../captured-exchange.ts";
import { findReplayObstacle } from "../replay/find-replay-obstacle.ts";
import { maskTokens } from "./mask-tokens.ts";
import { showBody } from "./show-body.ts";
import type { SplitHead } from "./split-head.ts";
import { splitHead, splitRequestLine } from "./split-head.ts";

/** Fields whose values are always masked: who has them can act as the visitor or as the app's user. */
export const MASKED_NAMES = [
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "preview-token",
] as const;

/** A status line that the relay has checked: `HTTP/1.1 200 OK`. */
const STATUS_LINE_PREFIX = "HTTP/1.1 ".length;
const STATUS_LENGTH = 3;

/** An exchange in a list. */
export function summarise(exchange: CapturedExchange): RequestSummary {
  const { method, path } = splitRequestLine(exchange.requestHead.slice(0, lineEnd(exchange.requestHead)));
  const { link, replayOf, refused, outcome, framesSent: sent, framesReceived: received } = exchange;
  return {
    id: exchange.id,
    at: new Date(exchange.atMs).toISOString(),
    port: exchange.port,
    method,
    path: maskTokens(path, MASK).slice(0, MAX_LISTED_PATH),
    status: exchange.status,
    duration_ms: round(exchange.endedMs),
    ...(replayOf !== undefined && { replay_of: replayOf }),
    ...(outcome === "open" && { open: true as const }),
    ...(refused !== undefined && { refused }),
    ...((outcome === "aborted" || outcome === "visitor_left") && { outcome }),
    ...(link !== undefined && { link }),
    ...(exchange.isWebSocket && { frames: { sent, received } }),
  };
}

/** All of an exchange, without its secrets. @param mask further fields to mask, in lower case */
export async function describeExchange(
  exchange: CapturedExchange,
  mask: readonly string[],
): Promise<RequestDetail> {
  const request = splitHead(exchange.requestHead);
  const response = exchange.responseHead === "" ? undefined : splitHead(exchange.responseHead);
  const names = new Set<string>([...MASKED_NAMES, ...mask]);
  const masked = new Set<string>();
  const show = ({ fields }: SplitHead): [string, string][] =>
    fields.map(([name, value]) => {
      const lower = name.toLowerCase();
      if (!names.has(lower)) return [name, maskTokens(value, MASK)];
      masked.add(lower);
      return [name, MASK];
    });
  const { method, path } = splitRequestLine(request.line);
  const obstacle = findReplayObstacle(exchange);
  return {
    ...summarise(exchange),
    timing: describeTiming(exchange),
    request: {
      method,
      path: maskTokens(path, MASK),
      headers: show(request),
      body: await showBody(exchange.requestBody, request),
    },
    response:
      response === undefined
        ? null
        : {
            status: Number(response.line.slice(STATUS_LINE_PREFIX, STATUS_LINE_PREFIX + STATUS_LENGTH)),
            reason: response.line.slice(STATUS_LINE_PREFIX + STATUS_LENGTH + 1),
            headers: show(response),
            body: await showBody(exchange.responseBody, response),
          },
    masked: [...masked],
    replayable: obstacle === undefined,
    ...(obstacle !== undefined && { not_replayable: obstacle }),
  };
}

function describeTiming({ edgeMs, sentMs, respondedMs, endedMs }: CapturedExchange): RequestDetail["timing"] {
  return {
    ...(edgeMs >= 0 && { edge_ms: edgeMs }),
    ...(sentMs >= 0 && { connector_ms: round(sentMs) }),
    ...(respondedMs >= 0 && sentMs >= 0 && { guest_ms: round(respondedMs - sentMs) }),
    ...(respondedMs >= 0 && { transfer_ms: round(endedMs - respondedMs) }),
  };
}

function lineEnd(head: string): number {
  return head.indexOf("\r\n");
}

/** To tenths of a millisecond. */
function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
