import * as z from "zod";
import type { GuestOffer } from "../../../shared/protocol/control-api.ts";
import { askNamespaces } from "../../namespaces/ask-namespaces.ts";
import { runIp } from "../../namespaces/run-ip.ts";

/** The guest's address is not reached over its tap. The message names the kernel's route. */
export class RouteError extends Error {
  override readonly name = "RouteError";
}

const routesSchema = z
  .tuple([z.looseObject({ dev: z.string(), gateway: z.string().optional() })])
  .rest(z.unknown());

/**
 * Finds the kernel's route to a guest, and checks that it leads over the guest's tap.
 *
 * @returns the route in words, for the attach call's response
 * @throws {RouteError} the route leads elsewhere, or there is none
 */
export async function findRoute({ address, tap, namespace }: GuestOffer): Promise<string> {
  if (tap === undefined) return `${address}, by whatever way the kernel chooses`;
  const { dev, gateway } = await readKernelRoute(address);
  if (namespace === undefined) {
    if (dev === tap) return `${address} over ${tap}`;
    const via = gateway === undefined ? "" : ` via ${gateway}`;
    throw new RouteError(`${address} is not routed over ${tap}: the kernel would send to ${dev}${via}`);
  }
  await assertInterface(tap, namespace);
  return `${address} over ${dev}, then ${tap} in namespace ${namespace}`;
}

async function readKernelRoute(address: string): Promise<{ dev: string; gateway?: string | undefined }> {
  let output: string;
  try {
    output = await runIp(["-j", "route", "get", address]);
  } catch (error) {
    throw new RouteError(
      `${address} has no route: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return routesSchema.parse(JSON.parse(output))[0];
}

async function assertInterface(tap: string, namespace: string): Promise<void> {
  try {
    await askNamespaces({ verb: "link", namespace, device: tap });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new RouteError(`there is no ${tap} in namespace ${namespace}: ${words}`);
  }
}
