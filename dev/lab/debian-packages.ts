import { access, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";

export interface DebianPackage {
  readonly name: string;
  /** The archive's file name, which holds the version. */
  readonly file: string;
  /** As the signed index tells it. */
  readonly sha256: string;
}

const KERNEL_META_PACKAGE = "linux-image-cloud-amd64";
const URI_LINE = /^'[^']+' (\S+) \d+ SHA256:([0-9a-f]{64})$/gm;

/**
 * Finds the packages' versions in this machine's package index; nothing is fetched.
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

/** The kernel package that Debian's meta package for clouds stands for today. */
export async function findKernelPackage(): Promise<string> {
  const depends = await runCommand("apt-cache", ["depends", KERNEL_META_PACKAGE]);
  const name = /Depends: (linux-image-\S+-cloud-amd64)$/m.exec(depends)?.[1];
  if (name === undefined)
    throw new Error(`${KERNEL_META_PACKAGE} is not in the package index; run apt-get update`);
  return name;
}

/**
 * Fetches a package with apt, which checks its hash, and unpacks it.
 *
 * @param folder keeps archives between calls
 * @returns the folder of its files
 */
export async function unpackPackage({ name, file }: DebianPackage, folder: string): Promise<string> {
  const files = join(folder, `${file}.files`);
  await mkdir(folder, { recursive: true });
  const archive = join(folder, file);
  if (!(await exists(archive))) await runCommand("apt-get", ["download", name], folder);
  await runCommand("dpkg", ["-x", archive, files]);
  return files;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
