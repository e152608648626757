import type { RateLimit } from "../../shared/limit/gcra.ts";
import type { Environment } from "../environment.ts";
import { listOrgWorkspaces } from "./orgs.ts";

/** Workspaces that get a new limit at once; an invocation has a limit of object calls. */
const MAX_WORKSPACES_NOTIFIED = 500;

/**
 * Sends an org's new limit to its workspaces. Those that do not get it, because the org has more or a call fails, read
 * it from KV within 60 s.
 */
export async function announceRateLimit(
  environment: Environment,
  org: string,
  limit: RateLimit,
): Promise<void> {
  const workspaces = await listOrgWorkspaces(environment.POLICY, org);
  const results = await Promise.allSettled(
    workspaces
      .slice(0, MAX_WORKSPACES_NOTIFIED)
      .map((workspace) => environment.WORKSPACE.getByName(workspace).useRateLimit(limit)),
  );
  for (const result of results) {
    if (result.status === "rejected")
      console.error({ event: "limit_not_delivered", org, error: String(result.reason) });
  }
}
