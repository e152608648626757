import type { ApiContext } from "../api-environment.ts";

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** The token of `authorization` (RFC 6750, section 2.1). */
export function readBearer(context: ApiContext): string | undefined {
  return BEARER.exec(context.req.header("authorization") ?? "")?.[1];
}
