import type { Environment } from "../environment.ts";
import type { HostRecord } from "../objects/messages.ts";
import { putListed } from "../policy/admin-lists.ts";
import { putLauncherHost } from "../policy/launcher-hosts.ts";
import { takeDownGuests } from "./take-down-guests.ts";

/**
 * What follows from a host's record: it is listed among those that start sandboxes, or not; and guests of workspaces
 * that it may not serve any more are taken down.
 */
export async function completeEnrolment(
  environment: Environment,
  { id, launches, workspaces }: HostRecord,
): Promise<void> {
  await putListed(environment.POLICY, "hosts", id);
  await putLauncherHost(environment.POLICY, id, launches);
  if (workspaces === undefined) return;
  const host = environment.HOST.getByName(id);
  await takeDownGuests(environment, id, (limit) => host.listForeignGuests(limit));
}
