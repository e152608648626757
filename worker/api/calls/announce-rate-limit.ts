import type { RateLimit } from "../../../shared/limit/gcra.ts";
import type { Environment } from "../../environment.ts";
import { listOrgWorkspaces } from "../../policy/orgs.ts";

/** Workspaces told at once; of an org with more, the others read it. An invocation may make only so many object calls. */
const MAX_TOLD = 500;

/**
 * Tells an org's workspaces of its limit at once; whoever is not told reads it from KV within 60 s. So the limit holds
 * even where telling fails.
 */
export async function announceRateLimit(
  environment: Environment,
  org: string,
  limit: RateLimit,
): Promise<void> {
  const workspaces = await listOrgWorkspaces(environment.POLICY, org);
  const told = await Promise.allSettled(
    workspaces
      .slice(0, MAX_TOLD)
      .map((workspace) => environment.WORKSPACE.getByName(workspace).useRateLimit(limit)),
  );
  for (const result of told) {
    if (result.status === "rejected")
      console.error({ event: "limit_not_told", org, error: String(result.reason) });
  }
}
