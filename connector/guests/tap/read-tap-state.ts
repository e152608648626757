import { readFile } from "node:fs/promises";
import { z } from "zod";
import { runIp } from "./run-ip.ts";

const linkSchema = z.tuple([z.looseObject({ operstate: z.string() })]).rest(z.unknown());

/** `down` includes a tap without a carrier: the machine at its other end has ended. */
export type TapState = "up" | "down" | "absent";

/**
 * Tells how a tap is.
 *
 * In the connector's own namespace this reads one file; in another it runs `ip`, because holding a socket there would
 * keep a deleted namespace alive.
 */
export async function readTapState(tap: string, namespace: string | undefined): Promise<TapState> {
  try {
    const state = namespace === undefined ? await readState(tap) : await askState(tap, namespace);
    return state.toLowerCase() === "down" ? "down" : "up";
  } catch {
    return "absent";
  }
}

async function readState(tap: string): Promise<string> {
  return (await readFile(`/sys/class/net/${tap}/operstate`, "utf8")).trim();
}

async function askState(tap: string, namespace: string): Promise<string> {
  return linkSchema.parse(JSON.parse(await runIp(["-j", "link", "show", "dev", tap], namespace)))[0]
    .operstate;
}
