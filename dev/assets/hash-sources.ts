import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The SHA-256 of names and contents of all files below these paths of the repository; a path that is absent counts as empty. */
export async function hashSources(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths) {
    for (const file of await listFiles(path))
      hash.update(`${file}\0`).update(await readFile(join(ROOT, file)));
  }
  return hash.digest("hex");
}

async function listFiles(path: string): Promise<string[]> {
  const kind = await stat(join(ROOT, path)).catch(() => undefined);
  if (kind === undefined) return [];
  if (kind.isFile()) return [path];
  const entries = await readdir(join(ROOT, path), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"));
  return files.map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length)).toSorted();
}
