import * as z from "zod";
import type { Suspension } from "../objects/suspension/suspension.ts";
import { SUSPENSION_REASONS } from "../objects/suspension/suspension.ts";
import { listKeys } from "./list-keys.ts";
import { parseRecord } from "./parse-record.ts";

/**
 * What is suspended, for the admin to read, in KV: `suspension:{kind}:{id}`. The objects decide; this list may be a
 * minute late.
 */
const PREFIX = "suspension:";

export const SUSPENDABLE_KINDS = ["orgs", "workspaces", "sandboxes"] as const;

export type SuspendableKind = (typeof SUSPENDABLE_KINDS)[number];

const metadataSchema = z.object({ reason: z.enum(SUSPENSION_REASONS), sinceMs: z.number() });

export interface ListedSuspension extends Suspension {
  readonly kind: SuspendableKind;
  readonly id: string;
}

/** @param suspension `undefined` takes the entry out */
export async function putSuspension(
  policy: KVNamespace,
  kind: SuspendableKind,
  id: string,
  suspension: Suspension | undefined,
): Promise<void> {
  const key = `${PREFIX}${kind}:${id}`;
  if (suspension === undefined) await policy.delete(key);
  else await policy.put(key, "", { metadata: suspension });
}

/** All of them, ordered by kind and id. */
export async function listSuspensions(policy: KVNamespace): Promise<ListedSuspension[]> {
  const keys = await listKeys<unknown>(policy, PREFIX);
  return keys.flatMap(({ name, metadata }) => {
    const [kind = "", id = ""] = name.slice(PREFIX.length).split(":");
    const suspension = parseRecord(metadataSchema, metadata);
    return suspension !== undefined && isKind(kind) ? { kind, id, ...suspension } : [];
  });
}

function isKind(text: string): text is SuspendableKind {
  return (SUSPENDABLE_KINDS as readonly string[]).includes(text);
}
