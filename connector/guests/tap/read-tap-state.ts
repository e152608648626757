import { readFileSync } from "node:fs";
import { z } from "zod";
import { runIp } from "./run-ip.ts";

const linkSchema = z.tuple([z.looseObject({ operstate: z.string() })]).rest(z.unknown());

/** iproute2's words where there is no such interface, or no such namespace. */
const ABSENT = /^Device ".*" does not exist|^Cannot open network namespace ".*": No such file/m;

/** `down` includes a tap without a carrier: the machine at its other end has ended. */
export type TapState = "up" | "down" | "absent";

/**
 * Tells how a tap in the connector's own namespace is. Synchronous: sysfs never waits for a device.
 *
 * @returns `undefined` where that cannot be found out now
 */
export function readTapState(tap: string): TapState | undefined {
  try {
    return toTapState(readFileSync(`/sys/class/net/${tap}/operstate`, "utf8").trim());
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "absent" : undefined;
  }
}

/**
 * Tells how a tap in another namespace is.
 *
 * This runs `ip`, because holding a socket there would keep a deleted namespace alive.
 *
 * @returns `undefined` where that cannot be found out now: out of processes, say
 */
export async function askTapState(tap: string, namespace: string): Promise<TapState | undefined> {
  try {
    const answer = JSON.parse(await runIp(["-j", "link", "show", "dev", tap], namespace));
    return toTapState(linkSchema.parse(answer)[0].operstate);
  } catch (error) {
    return error instanceof Error && ABSENT.test(error.message) ? "absent" : undefined;
  }
}

function toTapState(operstate: string): TapState {
  return operstate.toLowerCase() === "down" ? "down" : "up";
}
