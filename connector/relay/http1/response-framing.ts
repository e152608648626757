import type { BodyKind } from "./body-scanner.ts";
import type { ResponseHead } from "./parse-response-head.ts";

/** The body that follows a response's head on the guest's connection (RFC 9112, section 6.3). */
export function responseBody(method: string, head: ResponseHead): { kind: BodyKind; length: number } {
  if (isBodyless(method, head.status)) return { kind: "none", length: 0 };
  return { kind: head.body, length: head.bodyLength };
}

/**
 * The framing fields of a response for the visitor.
 *
 * @param chunked the visitor understands the chunked coding; else only the end of the connection ends a body
 */
export function responseFraming(method: string, head: ResponseHead, chunked: boolean): string {
  const { status } = head;
  if (status === 204) return "";
  if (status === 205) return "content-length: 0\r\n";
  if (head.body === "length") return `content-length: ${head.bodyLength}\r\n`;
  if (status === 304 || !chunked) return "";
  return method === "HEAD" && head.body === "untilClose" ? "" : "transfer-encoding: chunked\r\n";
}

/** Whether the guest's connection is in a known state after this response. */
export function mayReuseGuest(method: string, head: ResponseHead): boolean {
  if (!head.keepAlive) return false;
  if (isBodyless(method, head.status)) return head.status !== 205 || isEmpty(head);
  return head.body !== "untilClose";
}

function isEmpty(head: ResponseHead): boolean {
  return head.body === "length" && head.bodyLength === 0;
}

/** A 205 has no content, whatever it declares (RFC 9110, section 15.3.6). */
function isBodyless(method: string, status: number): boolean {
  return method === "HEAD" || status === 204 || status === 205 || status === 304;
}
