import { listKeys } from "./list-keys.ts";

/** Hosts that can start sandboxes, in KV: `launcher-host:{host}`. */
const PREFIX = "launcher-host:";

/** Adds or removes a host in the list of those that can start sandboxes. */
export async function putLauncherHost(policy: KVNamespace, host: string, launches: boolean): Promise<void> {
  if (launches) await policy.put(PREFIX + host, "");
  else await policy.delete(PREFIX + host);
}

export async function listLauncherHosts(policy: KVNamespace): Promise<string[]> {
  const keys = await listKeys(policy, PREFIX);
  return keys.map(({ name }) => name.slice(PREFIX.length));
}
