import type { Context } from "hono";
import type { Edge } from "../edge.ts";
import type { Environment } from "../environment.ts";
import type { HostRecord } from "../objects/messages.ts";
import type { ApiToken } from "../policy/api-tokens.ts";

export interface ApiEnvironment {
  Bindings: { readonly environment: Environment; readonly edge: Edge; readonly requestId: string };
  Variables: {
    /** Set once the caller's API token has been accepted. */
    caller: ApiToken;
    /** Set once the admin's token has been accepted in place of an API token. */
    byAdmin?: boolean;
    /** Set once the host's JWT has been accepted. */
    host: HostRecord;
  };
}

export type ApiContext = Context<ApiEnvironment>;
