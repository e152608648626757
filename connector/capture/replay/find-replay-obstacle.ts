import { MAX_CAPTURED_BODY_BYTES } from "../../../shared/protocol/request-log.ts";
import type { CapturedExchange } from "../captured-exchange.ts";
import { isTruncated } from "../show/show-body.ts";

const WEBSOCKET = "A WebSocket cannot be replayed.";
const NOT_KEPT = "The body of the request was not kept. Name one in `body`.";
const CUT = `Only the beginning of the request's body was kept, at most ${MAX_CAPTURED_BODY_BYTES} bytes. Name one in \`body\`.`;
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
  // A refused request may have been sent before its body came.
  if (requestBody.total === 0) return responseHead === "" && declaresBody(requestHead) ? NOT_KEPT : undefined;
  if (!requestBody.captured) return NOT_KEPT;
  return isTruncated(requestBody) ? CUT : undefined;
}

function declaresBody(head: string): boolean {
  const lower = head.toLowerCase();
  return lower.includes("\r\ntransfer-encoding:") || /\r\ncontent-length: [1-9]/.test(lower);
}
