import { hash } from "node:crypto";
import { TOKEN_PROTOCOL_PREFIX } from "../../../shared/protocol/headers.ts";
import type { RequestHead } from "../http1/parse-request-head.ts";
import type { ResponseHead } from "../http1/parse-response-head.ts";

/** RFC 6455, section 1.3. */
const HANDSHAKE_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Whether a 101 accepts exactly the WebSocket handshake that was sent (RFC 6455, section 4.1). */
export function isWebSocketAccepted(request: RequestHead, response: ResponseHead): boolean {
  if (request.webSocketKey === undefined || !response.upgradesToWebSocket) return false;
  const accept = hash("sha1", request.webSocketKey + HANDSHAKE_GUID, "base64");
  if (response.webSocketAccept !== accept) return false;
  return response.webSocketProtocol === undefined || offersProtocol(request, response.webSocketProtocol);
}

/** The app was not offered the tokens of links: see `withoutTokenProtocols`. */
function offersProtocol({ fields }: RequestHead, protocol: string): boolean {
  if (protocol.startsWith(TOKEN_PROTOCOL_PREFIX)) return false;
  return fields.some(
    ({ name, value }) =>
      name.inRequest === "webSocketProtocol" &&
      value.split(",").some((offered) => offered.trim() === protocol),
  );
}
