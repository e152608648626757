import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";
import type { Environment } from "../../environment.ts";
import type { HostRecord } from "../../objects/messages.ts";
import { listLauncherHosts } from "../../policy/launcher-hosts.ts";

const MAX_HOSTS_TRIED = 5;

/**
 * Chooses a host that has a launcher, may serve the workspace and is not silent: the first one from a random place in
 * the list. It does not compare loads.
 *
 * @param random returns a number from 0 to below 1
 * @returns `launcher_missing` where no host has a launcher, `host_unreachable` where none of those tried can launch
 */
export async function chooseLauncherHost(
  { POLICY, HOST }: Environment,
  workspace: string,
  random: () => number = Math.random,
): Promise<HostRecord | Refusal> {
  const ids = await listLauncherHosts(POLICY);
  if (ids.length === 0) return refuse("launcher_missing");
  const first = Math.floor(random() * ids.length);
  for (const id of [...ids.slice(first), ...ids.slice(0, first)].slice(0, MAX_HOSTS_TRIED)) {
    const host: HostRecord | undefined = await HOST.getByName(id).readReachable();
    if (host?.launches === true && (host.workspaces?.includes(workspace) ?? true)) return host;
  }
  return refuse("host_unreachable");
}
