import { z } from "zod";
import { runIp } from "./run-ip.ts";

const listSchema = z.array(z.looseObject({ name: z.string(), id: z.int().optional() }));

/** The namespace has an id by now: in the kernel's words, or the C library's where the kernel has none. */
const HAS_ID = /already has a nsid|File exists/;

/**
 * Sees to it that the kernel has an id for a namespace: without one, it tells nobody outside what happens inside.
 *
 * @throws {Error} with `ip`'s own words, such as where the connector may not
 */
export async function giveNamespaceId(namespace: string): Promise<void> {
  try {
    await runIp(["netns", "set", namespace, "auto"]);
  } catch (error) {
    if (!(error instanceof Error && HAS_ID.test(error.message))) throw error;
  }
}

/** Ids by the namespaces' names, of those that have one. */
export async function listNamespaceIds(): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  // Without any namespace it prints nothing at all.
  const text = (await runIp(["-j", "netns", "list"])).trim() || "[]";
  for (const { name, id } of listSchema.parse(JSON.parse(text))) if (id !== undefined) ids.set(name, id);
  return ids;
}
