import { mkdir, mkdtemp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../../lab/run-command.ts";
import { CACHE_FOLDER } from "./cache-folder.ts";

/** Files of packages do not change, so the copy shares them. */
const SHARED = "node_modules";

/**
 * Copies a project of the cache for one run, so that runs may edit and build at the same time.
 *
 * @returns the copy, in a folder that is the caller's to remove
 */
export async function copyProject(cached: string, name: string): Promise<string> {
  const runs = join(CACHE_FOLDER, "runs");
  await mkdir(runs, { recursive: true });
  const folder = await mkdtemp(join(runs, `${name}-`));
  for (const entry of await readdir(cached)) {
    const links = entry === SHARED ? ["-l"] : [];
    await runCommand("cp", ["-a", ...links, join(cached, entry), join(folder, entry)]);
  }
  return folder;
}
