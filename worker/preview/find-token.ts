import { TOKEN_HEADER, TOKEN_PROTOCOL_PREFIX } from "../../shared/protocol/headers.ts";

/** Decodes to no link. */
const NO_TOKEN = "";

/**
 * The link token that a request to a public hostname brings along, in a field or as a subprotocol of a WebSocket. The
 * connector takes both out of what the app sees.
 *
 * @returns the token in lower case, empty where several are offered; `undefined` where there is none
 */
export function findToken(headers: Headers): string | undefined {
  const token = headers.get(TOKEN_HEADER);
  if (token !== null) return token.toLowerCase();
  const protocols = headers.get("sec-websocket-protocol");
  if (protocols === null || !protocols.includes(TOKEN_PROTOCOL_PREFIX)) return undefined;
  const tokens = protocols
    .split(",")
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol.startsWith(TOKEN_PROTOCOL_PREFIX))
    .map((protocol) => protocol.slice(TOKEN_PROTOCOL_PREFIX.length).toLowerCase());
  return tokens.length > 1 ? NO_TOKEN : tokens[0];
}
