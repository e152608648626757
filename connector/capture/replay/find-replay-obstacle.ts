import { MAX_CAPTURED_BODY_BYTES } from "../../../shared/protocol/request-log.ts";
import type { CapturedExchange } from "../captured-exchange.ts";
import { isWholeChunked } from "../show/dechunk.ts";
import { isTruncated } from "../show/show-body.ts";
import { findField, splitHead } from "../show/split-head.ts";

const WEBSOCKET = "A WebSocket cannot be replayed.";
const NOT_KEPT = "The body of the request was not kept. Name one in `body`.";
const CUT = `Only the beginning of the request's body was kept, at most ${MAX_CAPTURED_BODY_BYTES} bytes. Name one in \`body\`.`;
const NOT_WHOLE = "The body of the request did not come to its end. Name one in `body`.";
const HANDSHAKE = "sec-websocket-key:";

/**
 * @param hasBody another body is sent
 * @returns why a request cannot be replayed
 */
export function findReplayObstacle(
  { requestHead, requestBody, responseHead }: CapturedExchange,
  hasBody = false,
): string | undefined {
  if (requestHead.toLowerCase().includes(HANDSHAKE)) return WEBSOCKET;
  if (hasBody) return undefined;
  const { kept, total, chunked, captured } = requestBody;
  const length = Number(findField(splitHead(requestHead), "content-length") ?? 0);
  // A refused request may have been sent before its body came.
  if (total === 0 && responseHead === "") return chunked || length > 0 ? NOT_KEPT : undefined;
  if (chunked ? !captured : !captured && total > 0) return NOT_KEPT;
  if (isTruncated(requestBody)) return CUT;
  // A visitor has left, or the app has answered before it had all: a part of it would look like the whole.
  return (chunked ? isWholeChunked(kept) : total === length) ? undefined : NOT_WHOLE;
}
