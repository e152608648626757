import type { RateLimit } from "../../../shared/gcra.ts";
import type { Environment } from "../../environment.ts";
import { listOrgWorkspaces } from "../../policy.ts";

/** Tells an org's workspaces of its limit at once; whoever is not told reads it from KV within 60 s. */
export async function announceRateLimit(
  environment: Environment,
  org: string,
  limit: RateLimit,
): Promise<void> {
  const workspaces = await listOrgWorkspaces(environment.POLICY, org);
  await Promise.all(
    workspaces.map((workspace) => environment.WORKSPACE.getByName(workspace).useRateLimit(limit)),
  );
}
