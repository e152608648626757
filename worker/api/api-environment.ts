import type { Context } from "hono";
import type { Edge } from "../edge.ts";
import type { Environment } from "../environment.ts";
import type { CallingHost } from "../hosts/calling-host.ts";
import type { ApiToken } from "../policy/api-tokens.ts";

export interface ApiEnvironment {
  Bindings: { readonly environment: Environment; readonly edge: Edge; readonly requestId: string };
  Variables: {
    /** Set once the caller's API token has been accepted. */
    caller: ApiToken;
    /** Set once the admin's token has been accepted in place of an API token. */
    byAdmin?: boolean;
    /** Set once the host's JWT has been accepted. */
    host: CallingHost;
    /** SHA-256 of a token that may be an enrolment token of the host in the path. */
    enrolmentTokenSha256: string;
    /** What is known so far of the change that the call makes, for the audit trail. */
    change?: ChangeSubject;
  };
}

/** What a change concerns. */
export interface ChangeSubject {
  /** The workspace whose audit trail shows it. */
  readonly workspace?: string;
  /** The path of what was changed; the call's own path if not given. Never with a secret. */
  readonly on?: string;
}

export type ApiContext = Context<ApiEnvironment>;
