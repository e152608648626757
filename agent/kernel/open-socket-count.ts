import { readSync } from "node:fs";
import { openProcFile } from "./open-proc-file.ts";

const MAX_BYTES = 4096;
const IN_USE = /^TCP6?: inuse (\d+)/m;

/**
 * Opens the kernel's own count of the guest's TCP sockets, listening ones among them.
 *
 * A read of it takes microseconds in any state of the guest. A read of a socket table walks through all hash buckets of
 * established connections: 4 ms with the 262 144 buckets of a guest with 24 GB of memory.
 *
 * @returns a function that gives the counts of IPv4 and IPv6 as a text to compare with an earlier one
 */
export function openSocketCount(paths = ["/proc/net/sockstat", "/proc/net/sockstat6"]): () => string {
  const files = paths.map(openProcFile).filter((file) => file !== undefined);
  const bytes = Buffer.alloc(MAX_BYTES);
  const inUse = (file: number): string => {
    const length = readSync(file, bytes, 0, bytes.length, 0);
    return IN_USE.exec(bytes.toString("latin1", 0, length))?.[1] ?? "";
  };
  return () => files.map(inUse).join("/");
}
