import type { HostObject, OrgObject, SandboxObject, WorkspaceObject } from "./objects/messages.ts";

/** What wrangler.toml and `wrangler secret put` give the Worker. Strings are unchecked: `parseSettings` checks them. */
export interface Environment {
  readonly PREVIEW_DOMAIN?: string;
  readonly LINK_DOMAIN?: string;
  readonly API_HOSTNAMES?: string;
  readonly LINK_SECRET?: string;
  readonly LINK_SECRET_PREVIOUS?: string;
  readonly PASS_SIGNING_KEY?: string;
  readonly PASS_SIGNING_KEY_NEXT?: string;
  readonly ADMIN_TOKEN_SHA256?: string;
  readonly LOG_SAMPLE_RATE?: string;
  readonly ALLOW_HTTP?: string;
  readonly MAX_RATE_LIMIT?: string;
  readonly ABUSE_CONTACT?: string;

  readonly POLICY: KVNamespace;
  readonly SANDBOX: DurableObjectNamespace<SandboxObject>;
  readonly WORKSPACE: DurableObjectNamespace<WorkspaceObject>;
  readonly HOST: DurableObjectNamespace<HostObject>;
  readonly ORG: DurableObjectNamespace<OrgObject>;
  /** Counts misses by client address, where the deployment has it. */
  readonly MISS_LIMIT?: RateLimit | undefined;
  /** Takes a point for each logged request, where the deployment has it. */
  readonly ANALYTICS?: AnalyticsEngineDataset | undefined;
}
