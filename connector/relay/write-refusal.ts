import { REFUSALS, type Refusal } from "../../shared/refusal.ts";
import type { RefusalRequest } from "../../shared/render-refusal.ts";
import { renderRefusal } from "../../shared/render-refusal.ts";

/** A refusal as bytes on the wire. */
export function writeRefusal(
  refusal: Refusal,
  request: RefusalRequest & { readonly head: boolean; readonly keepAlive: boolean },
): string {
  const { status, headers, body } = renderRefusal(refusal, request);
  let out = `HTTP/1.1 ${status} ${REFUSALS[refusal.refused].title}\r\n`;
  for (const [name, value] of headers) out += `${name}: ${value}\r\n`;
  out += `content-length: ${Buffer.byteLength(body)}\r\n`;
  if (!request.keepAlive) out += "connection: close\r\n";
  return request.head ? `${out}\r\n` : `${out}\r\n${body}`;
}
