import type { HostObject, OrgObject, SandboxObject, WorkspaceObject } from "./objects/messages.ts";
import type { Variables } from "./variables.ts";

/** What wrangler.toml and the secrets give the Worker. */
export interface Environment extends Variables {
  readonly POLICY: KVNamespace;
  readonly SANDBOX: DurableObjectNamespace<SandboxObject>;
  readonly WORKSPACE: DurableObjectNamespace<WorkspaceObject>;
  readonly HOST: DurableObjectNamespace<HostObject>;
  readonly ORG: DurableObjectNamespace<OrgObject>;
  /** The files that were built beside the Worker: dashboard and reference. */
  readonly ASSETS: Fetcher;
  /** Fetches with the edge's client certificate, where the deployment has one. */
  readonly HOST_CERTIFICATE?: Fetcher | undefined;
  /** Counts misses by client address, where the deployment has it. */
  readonly MISS_LIMIT?: RateLimit | undefined;
  /** Takes a point for each logged request, where the deployment has it. */
  readonly ANALYTICS?: AnalyticsEngineDataset | undefined;
}
