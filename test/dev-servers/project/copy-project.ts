import { mkdir, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runCommand } from "../../../lab/run-command.ts";
import type { DevServer } from "../dev-server.ts";
import { CACHE_FOLDER } from "./cache-folder.ts";

/** Files of packages do not change, so the copy shares them. */
const SHARED = "node_modules";

/**
 * Copies a project of the cache for one run and writes its own files, so that runs may edit and build at the same time.
 *
 * @returns the copy, in a folder that is the caller's to remove
 */
export async function copyProject(cached: string, { name, project }: DevServer): Promise<string> {
  const runs = join(CACHE_FOLDER, "runs");
  await mkdir(runs, { recursive: true });
  const folder = await mkdtemp(join(runs, `${name}-`));
  for (const entry of await readdir(cached)) {
    const links = entry === SHARED ? ["-l"] : [];
    await runCommand("cp", ["-a", ...links, join(cached, entry), join(folder, entry)]);
  }
  for (const [path, content] of Object.entries(project.files ?? {})) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}
