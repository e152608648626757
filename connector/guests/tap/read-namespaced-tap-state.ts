import * as z from "zod";
import { askNamespaces } from "../../namespaces/ask-namespaces.ts";
import type { TapState } from "./parse-operstate.ts";
import { parseOperstate } from "./parse-operstate.ts";

const interfacesSchema = z.tuple([z.looseObject({ operstate: z.string() })]).rest(z.unknown());

/** How iproute2's lines begin and go on where there is no such interface, or no such namespace. */
const ABSENT = [
  ['Device "', '" does not exist'],
  ['Cannot open network namespace "', '": No such file'],
] as const;

/**
 * Reads the state of a tap in another namespace.
 *
 * This runs `ip`, because a socket of our own there would keep a deleted namespace alive.
 *
 * @returns `undefined` where that cannot be found out now: no process can be started, for example
 */
export async function readNamespacedTapState(tap: string, namespace: string): Promise<TapState | undefined> {
  try {
    const output = JSON.parse(await askNamespaces({ verb: "link", namespace, device: tap }));
    return parseOperstate(interfacesSchema.parse(output)[0].operstate);
  } catch (error) {
    return error instanceof Error && saysAbsent(error.message) ? "absent" : undefined;
  }
}

function saysAbsent(message: string): boolean {
  const lines = message.split("\n");
  return ABSENT.some(([start, rest]) => lines.some((line) => line.startsWith(start) && line.includes(rest)));
}
