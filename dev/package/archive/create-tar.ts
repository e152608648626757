import { posix } from "node:path";
import type { TarEntry } from "modern-tar";
import { packTar } from "modern-tar";
import type { PackageEntry } from "./package-entry.ts";

export interface TarOptions {
  /** The time of each entry, in seconds since 1970. */
  readonly epochS: number;
}

/**
 * Packs entries and the folders that hold them into a tar archive, sorted by path, all owned by root.
 *
 * Paths begin with `./`, as those of Debian's packages do.
 */
export async function createTar(
  entries: readonly PackageEntry[],
  { epochS }: TarOptions,
): Promise<Uint8Array> {
  const owned = { mtime: new Date(epochS * 1000), uid: 0, gid: 0, uname: "root", gname: "root" };
  const folders = findFolders(entries).map(
    (path): TarEntry => ({
      header: { ...owned, name: `.${path}/`, type: "directory", mode: 0o755, size: 0 },
    }),
  );
  const others = entries.map((entry): TarEntry => {
    const name = `.${entry.path}`;
    if ("target" in entry) {
      return { header: { ...owned, name, type: "symlink", mode: 0o777, size: 0, linkname: entry.target } };
    }
    const body = Buffer.from(entry.content);
    return { header: { ...owned, name, type: "file", mode: entry.mode ?? 0o644, size: body.length }, body };
  });
  return packTar(
    [...folders, ...others].sort((left, right) => (left.header.name < right.header.name ? -1 : 1)),
  );
}

function findFolders(entries: readonly PackageEntry[]): string[] {
  const folders = new Set<string>();
  for (const { path } of entries) {
    for (let folder = posix.dirname(path); folder !== "/"; folder = posix.dirname(folder))
      folders.add(folder);
  }
  return [...folders];
}
