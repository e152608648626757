import type { Destination } from "../destination.ts";
import type { RequestHead } from "../http1/parse-request-head.ts";
import type { ResponseHead } from "../http1/parse-response-head.ts";
import { rewriteResponseHead } from "../policy/rewrite-response-head.ts";
import { findTokenProtocol } from "../policy/token-protocols.ts";

/** Writes the head of a 101 for the visitor. */
export function writeUpgrade(request: RequestHead, head: ResponseHead, destination: Destination): string {
  let text = rewriteResponseHead(head, destination);
  const token = head.webSocketProtocol === undefined ? findTokenProtocol(request) : undefined;
  if (token !== undefined) text += `sec-websocket-protocol: ${token}\r\n`;
  return `${text}connection: Upgrade\r\nupgrade: websocket\r\n\r\n`;
}
