import type { Destination } from "../destination.ts";
import type { RequestHead } from "../http1/parse-request-head.ts";
import type { ResponseHead } from "../http1/parse-response-head.ts";
import { responseBody, responseFraming } from "../http1/response-framing.ts";
import { rewriteResponseHead } from "../policy/rewrite-response-head.ts";
import type { GuestSide } from "./guest-side.ts";
import type { VisitorSide } from "./visitor-side.ts";

/** Gives the head of the final response to the visitor's writer, and makes the guest's scanner expect its body. */
export function beginResponse(
  visitor: VisitorSide,
  guest: GuestSide,
  { method, minor }: RequestHead,
  head: ResponseHead,
  destination: Destination,
): void {
  const { kind, length } = responseBody(method, head);
  const chunked = minor === 1;
  guest.body.start(kind, length, chunked);
  if (!chunked) visitor.keepAlive = false;
  let text = rewriteResponseHead(head, destination) + responseFraming(method, head, chunked);
  if (!visitor.keepAlive) text += "connection: close\r\n";
  visitor.writer.begin(`${text}\r\n`, kind === "untilClose" && chunked);
}
