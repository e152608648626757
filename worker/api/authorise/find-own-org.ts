import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import type { OrgRecord } from "../../objects/messages.ts";
import { readOrg } from "../../policy/read-org.ts";
import type { ApiContext } from "../api-environment.ts";

/**
 * Finds the caller's own org; the admin's is any.
 *
 * @returns the same refusal for another org as for one that does not exist: it must not reveal which orgs exist
 */
export async function findOwnOrg(context: ApiContext, id: string): Promise<OrgRecord | Refusal> {
  if (!context.get("byAdmin") && context.get("caller").org !== id) return refuse("not_found");
  return (await readOrg(context.env.environment, id)) ?? refuse("not_found");
}
