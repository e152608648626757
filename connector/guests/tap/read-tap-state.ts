import { readFileSync } from "node:fs";
import type { TapState } from "./parse-operstate.ts";
import { parseOperstate } from "./parse-operstate.ts";

/**
 * Reads the state of a tap in the connector's own namespace. Synchronous: sysfs never waits for a device.
 *
 * @returns `undefined` where that cannot be found out now
 */
export function readTapState(tap: string): TapState | undefined {
  try {
    return parseOperstate(readFileSync(`/sys/class/net/${tap}/operstate`, "utf8").trim());
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? "absent" : undefined;
  }
}
