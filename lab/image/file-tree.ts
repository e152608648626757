import { createHash } from "node:crypto";
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";

export type TreeEntry =
  | { readonly kind: "file"; readonly path: string; readonly mode: number }
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "symlink"; readonly path: string; readonly target: string };

/** @returns everything below a folder, sorted by path; the paths are relative to the folder */
export async function listTree(folder: string): Promise<TreeEntry[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const listed = entries.map(async (entry): Promise<TreeEntry> => {
    const absolute = join(entry.parentPath, entry.name);
    const path = absolute.slice(folder.length + 1);
    if (entry.isSymbolicLink()) return { kind: "symlink", path, target: await readlink(absolute) };
    if (entry.isDirectory()) return { kind: "folder", path };
    const { mode } = await stat(absolute);
    // The other bits depend on this computer's umask.
    return { kind: "file", path, mode: (mode & 0o100) === 0 ? 0o644 : 0o755 };
  });
  return (await Promise.all(listed)).sort((left, right) => (left.path < right.path ? -1 : 1));
}

/** A hash of names, modes and contents. */
export async function hashTree(folder: string): Promise<string> {
  const hash = createHash("sha256");
  for (const entry of await listTree(folder)) {
    hash.update(`${entry.kind}\0${entry.path}\0`);
    if (entry.kind === "file")
      hash.update(`${entry.mode}\0`).update(await readFile(join(folder, entry.path)));
    if (entry.kind === "symlink") hash.update(entry.target);
  }
  return hash.digest("hex");
}
