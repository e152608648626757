import { z } from "zod";
import type { GuestOffer } from "../guest-record.ts";
import { runIp } from "./run-ip.ts";

/** The guest's address is not reached over its tap. The message says what the kernel would do instead. */
export class WayError extends Error {
  override readonly name = "WayError";
}

const routeSchema = z
  .tuple([z.looseObject({ dev: z.string(), gateway: z.string().optional() })])
  .rest(z.unknown());

/**
 * Finds out how the kernel would reach a guest, and whether that is over its tap.
 *
 * @returns the way in words, for whoever attaches
 * @throws {WayError} it would go elsewhere, or nowhere
 */
export async function findWay({ address, tap, namespace }: GuestOffer): Promise<string> {
  if (tap === undefined) return `${address}, by whatever way the kernel chooses`;
  const { dev, gateway } = await findRoute(address);
  if (namespace === undefined) {
    if (dev === tap) return `${address} over ${tap}`;
    const via = gateway === undefined ? "" : ` via ${gateway}`;
    throw new WayError(`${address} is not routed over ${tap}: the kernel would send to ${dev}${via}`);
  }
  await assertLink(tap, namespace);
  return `${address} over ${dev}, then ${tap} in namespace ${namespace}`;
}

async function findRoute(address: string): Promise<{ dev: string; gateway?: string | undefined }> {
  let answer: string;
  try {
    answer = await runIp(["-j", "route", "get", address]);
  } catch (error) {
    throw new WayError(`${address} has no route: ${error instanceof Error ? error.message : String(error)}`);
  }
  return routeSchema.parse(JSON.parse(answer))[0];
}

async function assertLink(tap: string, namespace: string): Promise<void> {
  try {
    await runIp(["link", "show", "dev", tap], namespace);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new WayError(`there is no ${tap} in namespace ${namespace}: ${words}`);
  }
}
