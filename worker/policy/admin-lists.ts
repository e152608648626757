import { listKeys } from "./list-keys.ts";

/**
 * What the admin can list, in KV: `listed-org:{org}` and `listed-host:{host}`, a name for people as metadata. The objects
 * decide; these lists may be a minute late.
 */
const PREFIXES = { orgs: "listed-org:", hosts: "listed-host:" } as const;

export type ListedKind = keyof typeof PREFIXES;

export interface ListedName {
  readonly id: string;
  readonly name: string;
}

export async function putListed(policy: KVNamespace, kind: ListedKind, id: string, name = ""): Promise<void> {
  await policy.put(PREFIXES[kind] + id, "", { metadata: { name } });
}

export async function deleteListed(policy: KVNamespace, kind: ListedKind, id: string): Promise<void> {
  await policy.delete(PREFIXES[kind] + id);
}

/** All of them, ordered by id. */
export async function listListed(policy: KVNamespace, kind: ListedKind): Promise<ListedName[]> {
  const keys = await listKeys<{ name?: unknown }>(policy, PREFIXES[kind]);
  return keys.map(({ name: key, metadata }) => ({
    id: key.slice(PREFIXES[kind].length),
    name: typeof metadata?.name === "string" ? metadata.name : "",
  }));
}
