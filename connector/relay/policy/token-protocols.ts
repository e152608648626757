import { TOKEN_PROTOCOL_PREFIX } from "../../../shared/protocol/headers.ts";
import type { RequestHead } from "../http1/parse-request-head.ts";

export function mayHaveTokenProtocol(value: string): boolean {
  return value.includes(TOKEN_PROTOCOL_PREFIX);
}

/**
 * Takes the tokens of links out of a list of subprotocols: the app must not see them, and could not select them.
 *
 * @returns `undefined` where nothing is left
 */
export function withoutTokenProtocols(value: string): string | undefined {
  const others = listProtocols(value).filter((protocol) => !protocol.startsWith(TOKEN_PROTOCOL_PREFIX));
  return others.length === 0 ? undefined : others.join(", ");
}

/**
 * The subprotocol that holds a link's token, in a handshake that offers one. Where the app selects none, it is selected:
 * a browser fails a handshake in which none of those offered is.
 */
export function findTokenProtocol({ fields }: RequestHead): string | undefined {
  for (const { name, value } of fields) {
    if (name.inRequest !== "webSocketProtocol" || !mayHaveTokenProtocol(value)) continue;
    const found = listProtocols(value).find((protocol) => protocol.startsWith(TOKEN_PROTOCOL_PREFIX));
    if (found !== undefined) return found;
  }
  return undefined;
}

function listProtocols(value: string): string[] {
  return value
    .split(",")
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== "");
}
