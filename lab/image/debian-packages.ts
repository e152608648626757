import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathExists } from "../path-exists.ts";
import { runCommand } from "../run-command.ts";

export interface DebianPackage {
  readonly name: string;
  /** The archive's file name, which holds the version. */
  readonly file: string;
  /** From the signed index. */
  readonly sha256: string;
}

const KERNEL_META_PACKAGE = "linux-image-cloud-amd64";
const URI_LINE = /^'[^']+' (\S+) \d+ SHA256:([0-9a-f]{64})$/gm;

/**
 * Finds the packages' versions in this computer's package index; nothing is fetched.
 *
 * @returns in the order of the names
 */
export async function findPackages(names: readonly string[]): Promise<DebianPackage[]> {
  const text = await runCommand("apt-get", ["--print-uris", "download", ...names]);
  const files = Array.from(text.matchAll(URI_LINE), ([, file = "", sha256 = ""]) => ({ file, sha256 }));
  return names.map((name) => {
    const found = files.find(({ file }) => file.startsWith(`${name}_`));
    if (found === undefined)
      throw new Error(`the package ${name} is not in the package index; run apt-get update`);
    return { name, ...found };
  });
}

/** The kernel package on which Debian's meta package for clouds depends. */
export async function findKernelPackage(): Promise<string> {
  const depends = await runCommand("apt-cache", ["depends", KERNEL_META_PACKAGE]);
  const name = /Depends: (linux-image-\S+-cloud-amd64)$/m.exec(depends)?.[1];
  if (name === undefined)
    throw new Error(`${KERNEL_META_PACKAGE} is not in the package index; run apt-get update`);
  return name;
}

/** The libraries that a package needs, directly or through other libraries. */
export async function findLibraryPackages(name: string): Promise<string[]> {
  const others = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"];
  const without = others.map((relation) => `--no-${relation}`);
  const depends = await runCommand("apt-cache", ["depends", "--recurse", ...without, name]);
  return Array.from(depends.matchAll(/^(?:lib\S+|zlib1g)$/gm), ([library]) => library).sort();
}

/**
 * Fetches packages with apt, which checks their hashes, and unpacks them.
 *
 * @param folder keeps archives and files between calls
 * @returns the folders of their files, in the order of the packages
 */
export async function unpackPackages(packages: readonly DebianPackage[], folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const missing: string[] = [];
  for (const { name, file } of packages) if (!(await pathExists(join(folder, file)))) missing.push(name);
  if (missing.length > 0) await runCommand("apt-get", ["download", ...missing], folder);
  const roots: string[] = [];
  for (const { file } of packages) roots.push(await unpack(join(folder, file)));
  return roots;
}

/** The folder appears whole or not at all, because another lab may read it at the same time. */
async function unpack(archive: string): Promise<string> {
  const files = `${archive}.files`;
  if (await pathExists(files)) return files;
  const draft = await mkdtemp(`${files}-`);
  await runCommand("dpkg", ["-x", archive, draft]);
  try {
    await rename(draft, files);
  } catch (error) {
    if (!(await pathExists(files))) throw error;
    await rm(draft, { recursive: true });
  }
  return files;
}
