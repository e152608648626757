import type { Environment } from "../environment.ts";
import type { OrgRecord } from "../objects/messages.ts";
import { findFormerOrg, listOrgWorkspaces } from "./orgs.ts";

/** An org as its object has it. One that was created before orgs had objects gets its object now. */
export async function readOrg(environment: Environment, id: string): Promise<OrgRecord | undefined> {
  const org = environment.ORG.getByName(id);
  const known: OrgRecord | undefined = await org.read();
  if (known !== undefined) return known;
  const former = await findFormerOrg(environment.POLICY, id);
  if (former === undefined) return undefined;
  await org.put(id, former);
  await org.addWorkspaces(await listOrgWorkspaces(environment.POLICY, id));
  return former;
}
