import type { CorsRequest } from "./cors-request.ts";
import type { Refusal, RefusalCode } from "./refusal.ts";
import type { RefusalRequest } from "./refusal-request.ts";
import { isSiblingOrigin } from "./sibling-origin.ts";

type Fields = readonly (readonly [name: string, value: string])[];

/** What a page on a sibling port may read of a refusal, besides its status and body. */
const EXPOSED = "preview-error, retry-after, ratelimit, ratelimit-policy";

/** Refusals between edge and host, which no page ever sees. */
const INTERNAL = new Set<RefusalCode>(["guest_not_here", "pass_invalid"]);

const NOTHING_LISTENS: RefusalCode = "port_closed";

/** Tokens in a list (RFC 9110, section 5.6.2), as browsers write them. */
const ECHOED = /^[!#$%&'*+\-.^_`|~0-9A-Za-z, ]*$/;

/** Longer lists are no browser's. */
const MAX_ECHOED_LENGTH = 4096;

/** Fields that let a page on another port of the same sandbox read the refusal; none for a foreign origin. */
export function corsFields({ cors, scheme, publicHost }: RefusalRequest): Fields {
  if (!isFromSibling(cors, scheme, publicHost)) return [];
  return [
    ["access-control-allow-origin", cors.origin],
    ["access-control-allow-credentials", "true"],
    ["access-control-expose-headers", EXPOSED],
    ["vary", "origin"],
  ];
}

/**
 * The fields of the response to a refused preflight of a sibling port, which is 204: after any other status the page
 * would see an error of CORS and never the refusal.
 *
 * What follows may reach the app, where a limit or a restart ended in between, and the app has not agreed to it. So the
 * request must then be one without cookies, which needs nobody's agreement: any program can send it. Only where nothing
 * listens cookies are agreed to, too.
 *
 * @returns `undefined` where the refusal is to be rendered as it is
 */
export function preflightFields(refusal: Refusal, request: RefusalRequest): Fields | undefined {
  const { cors, scheme, publicHost } = request;
  if (request.method !== "OPTIONS" || cors?.method === undefined || INTERNAL.has(refusal.code))
    return undefined;
  if (!isFromSibling(cors, scheme, publicHost)) return undefined;
  const { method, headers = "" } = cors;
  if (method.length + headers.length > MAX_ECHOED_LENGTH || !ECHOED.test(method) || !ECHOED.test(headers))
    return undefined;
  return [
    ["access-control-allow-origin", cors.origin],
    ["access-control-allow-methods", method],
    ...(headers === "" ? [] : [["access-control-allow-headers", headers] as const]),
    ...(refusal.code === NOTHING_LISTENS ? [["access-control-allow-credentials", "true"] as const] : []),
    ["access-control-max-age", "0"],
    ["vary", "origin, access-control-request-method, access-control-request-headers"],
  ];
}

function isFromSibling(
  cors: CorsRequest | undefined,
  scheme = "https",
  publicHost = "",
): cors is CorsRequest {
  return cors !== undefined && isSiblingOrigin(cors.origin, scheme, publicHost);
}
