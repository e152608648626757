import { openSync } from "node:fs";

/**
 * Opens a file of procfs once, to be read many times from its start; each read gives the current content.
 *
 * @returns `undefined` where the kernel has none, such as IPv6's with IPv6 switched off
 */
export function openProcFile(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
