import type { Destination } from "../destination.ts";
import type { RequestHead } from "../http1/parse-request-head.ts";
import type { ResponseHead } from "../http1/parse-response-head.ts";
import { rewriteResponseHead } from "../policy/rewrite-response-head.ts";
import type { VisitorSide } from "./visitor-side.ts";

/**
 * Passes an interim response on; only 100, where it was asked for, and 103 (RFC 9110, section 15.2).
 *
 * @returns whether it was
 */
export function sendInterim(
  { socket }: VisitorSide,
  request: RequestHead,
  head: ResponseHead,
  destination: Destination,
): boolean {
  const isWanted = head.status === 103 || (head.status === 100 && request.expectsContinue);
  if (!isWanted || request.minor === 0) return false;
  socket.write(`${rewriteResponseHead(head, destination)}\r\n`, "latin1");
  return true;
}
