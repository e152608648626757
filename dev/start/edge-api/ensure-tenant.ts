import { ApiClient } from "./api-client.ts";
import type { RateLimitBody } from "./rate-limits.ts";

export const ORG = "demo";
export const WORKSPACE = "demo";

/**
 * Creates the demo's org and workspace, where they are missing.
 *
 * @param known the token of the last start
 * @returns a token of the org: the known one, unless the edge's state was deleted since
 */
export async function ensureTenant(
  api: string,
  adminToken: string,
  rateLimit: RateLimitBody,
  known: string | undefined,
): Promise<string> {
  const admin = new ApiClient(api, adminToken);
  await admin.call("PUT", `/v1/admin/orgs/${ORG}`, { name: "Demo", rate_limit: rateLimit });
  await admin.call("PUT", `/v1/admin/workspaces/${WORKSPACE}`, { org: ORG });
  if (known !== undefined && (await new ApiClient(api, known).isAllowed("GET", `/v1/orgs/${ORG}/rate-limit`)))
    return known;
  const created = await admin.call<{ token: string }>("POST", `/v1/admin/orgs/${ORG}/tokens`, {
    name: "npm start",
  });
  return created.token;
}
