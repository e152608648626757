import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathExists } from "../path-exists.ts";

/**
 * Finds the folders of an installed package and of all that it depends on. Optional packages, such as other
 * platforms' binaries, count where they are installed.
 *
 * @param nodeModules flat, as npm lays it
 * @returns names, sorted
 */
export async function findPackageFolders(name: string, nodeModules: string): Promise<string[]> {
  const found = new Set<string>();
  const visit = async (one: string): Promise<void> => {
    const manifest = join(nodeModules, one, "package.json");
    if (found.has(one) || !(await pathExists(manifest))) return;
    found.add(one);
    const { dependencies, optionalDependencies } = JSON.parse(await readFile(manifest, "utf8"));
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) await visit(next);
  };
  await visit(name);
  return [...found].sort();
}
