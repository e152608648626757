import * as z from "zod";
import { askNamespaces } from "../../namespaces/ask-namespaces.ts";

const listSchema = z.array(z.looseObject({ name: z.string(), id: z.int().optional() }));

/** The namespace has an id already: in the kernel's words, or the C library's where the kernel gives none. */
const HAS_ID = /already has a nsid|File exists/;

/**
 * Makes the kernel assign an id to a namespace that has none. Without an id, it reports changes in the namespace to no
 * process outside.
 *
 * @throws {Error} with `ip`'s own words, for example where the connector lacks the capability
 */
export async function assignNamespaceId(namespace: string): Promise<void> {
  try {
    await askNamespaces({ verb: "assign-id", namespace });
  } catch (error) {
    if (!(error instanceof Error && HAS_ID.test(error.message))) throw error;
  }
}

/** Ids by the names of the namespaces, of those that have one. */
export async function listNamespaceIds(): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  // Where there is no namespace, it prints nothing.
  const text = (await askNamespaces({ verb: "ids" })).trim() || "[]";
  for (const { name, id } of listSchema.parse(JSON.parse(text))) if (id !== undefined) ids.set(name, id);
  return ids;
}
