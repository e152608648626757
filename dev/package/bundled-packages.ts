import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Metafile } from "esbuild";

export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression; some packages name none. */
  readonly license: string | undefined;
  /** The text of its licence; empty where its package contains none. */
  readonly licenseText: string;
}

const LICENSE_FILE = /^licen[cs]e/i;

const PACKAGE_FOLDER = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;

/** The npm packages of which a bundle contains at least one file, sorted by name and version. */
export async function findBundledPackages(metafile: Metafile, root: string): Promise<BundledPackage[]> {
  const folders = new Set(
    Object.keys(metafile.inputs).flatMap((path) => PACKAGE_FOLDER.exec(path)?.[0] ?? []),
  );
  const found = await Promise.all(
    [...folders].map(async (folder) => {
      const { name, version, license } = JSON.parse(
        await readFile(join(root, folder, "package.json"), "utf8"),
      );
      const licenseText = await readLicense(join(root, folder));
      return { name, version, license, licenseText } as BundledPackage;
    }),
  );
  return found.sort((left, right) => compare(left.name, right.name) || compare(left.version, right.version));
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

async function readLicense(folder: string): Promise<string> {
  const file = (await readdir(folder)).sort().find((name) => LICENSE_FILE.test(name));
  return file === undefined ? "" : readFile(join(folder, file), "utf8");
}
