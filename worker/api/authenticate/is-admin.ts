import { sha256Hex } from "../../../shared/sha256-hex.ts";
import type { ApiContext } from "../api-environment.ts";
import { readBearer } from "./read-bearer.ts";

/** Whether a call carries the admin's token. It compares digests, so that its duration reveals nothing of the token. */
export async function isAdmin(context: ApiContext): Promise<boolean> {
  const adminToken = readBearer(context);
  return (
    adminToken !== undefined && (await sha256Hex(adminToken)) === context.env.edge.settings.adminTokenSha256
  );
}
