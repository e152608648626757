import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MachineFile } from "../machine/machine.ts";
import type { Image, ImageKind } from "./build-image.ts";
import { buildImage, LIBRARY_PACKAGES } from "./build-image.ts";
import { CACHE_FOLDER } from "./cache-folder.ts";
import type { DebianPackage } from "./debian-packages.ts";
import { findLibraryPackages, findPackages, unpackPackages } from "./debian-packages.ts";

const COMMANDS_UNIT = fileURLToPath(new URL("contents/lab-commands.service", import.meta.url));
const UNITS = "etc/systemd/system";
const TARGET = "multi-user.target";

/** Programs and libraries; not manuals and translations. */
const PACKAGE_FOLDERS = ["bin", "sbin", "lib", "usr/bin", "usr/sbin", "usr/lib"];

/** They need what this machine does not have: a root device, kernel modules, consoles, other file systems. */
const MASKED_UNITS = [
  "dev-hugepages.mount",
  "dev-mqueue.mount",
  "sys-fs-fuse-connections.mount",
  "sys-kernel-config.mount",
  "sys-kernel-debug.mount",
  "sys-kernel-tracing.mount",
  "systemd-modules-load.service",
  "systemd-remount-fs.service",
  "getty.target",
];

export interface SystemdImageOptions {
  /** Default: `node`. */
  readonly kind?: ImageKind;
  /** Debian packages beside systemd, whose scripts are not run. */
  readonly packages?: readonly string[];
  readonly files?: readonly MachineFile[];
}

/**
 * Builds an image in which Debian's systemd runs. dpkg, where it is among the packages, finds all of them installed.
 *
 * Boot it with `agent: "none"`: units start what is in it.
 */
export async function buildSystemdImage(options: SystemdImageOptions, cache = CACHE_FOLDER): Promise<Image> {
  const root = await mkdtemp(join(tmpdir(), "lab-systemd-"));
  try {
    await copyPackages(root, options.packages ?? [], join(cache, "packages"));
    await enableUnit(root, COMMANDS_UNIT);
    for (const unit of MASKED_UNITS) await symlink("/dev/null", join(root, UNITS, unit));
    await symlink(`/lib/systemd/system/${TARGET}`, join(root, UNITS, "default.target"));
    // Empty, so that each boot makes an id of its own.
    await putFile(root, { path: "/etc/machine-id", content: "" });
    for (const file of options.files ?? []) await putFile(root, file);
    return await buildImage([{ from: root, to: "/" }], cache, options.kind);
  } finally {
    await rm(root, { recursive: true });
  }
}

async function copyPackages(root: string, more: readonly string[], packagesFolder: string): Promise<void> {
  const programs = ["systemd", ...more];
  const libraries = (await Promise.all(programs.map(findLibraryPackages))).flat();
  const packages = await findPackages([...new Set([...programs, ...libraries, ...LIBRARY_PACKAGES])]);
  await writeDpkgStatus(root, packages);
  for (const files of await unpackPackages(packages, packagesFolder)) {
    const folders = await readdir(files, { recursive: true });
    for (const folder of PACKAGE_FOLDERS.filter((one) => folders.includes(one))) {
      await cp(join(files, folder), join(root, folder), { recursive: true, verbatimSymlinks: true });
    }
  }
}

/** dpkg's record of what is installed, whose scripts did not run. */
async function writeDpkgStatus(root: string, packages: readonly DebianPackage[]): Promise<void> {
  const records = packages.map(({ name, file }) => {
    const version = decodeURIComponent(file.split("_")[1] ?? "");
    return `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nMaintainer: Debian\nVersion: ${version}\nDescription: ${name}\n`;
  });
  await putFile(root, { path: "/var/lib/dpkg/status", content: records.join("\n") });
  for (const folder of ["info", "updates", "triggers"]) {
    await mkdir(join(root, "var/lib/dpkg", folder), { recursive: true });
  }
}

async function enableUnit(root: string, unit: string): Promise<void> {
  const name = basename(unit);
  const wants = join(root, UNITS, `${TARGET}.wants`);
  await mkdir(wants, { recursive: true });
  await cp(unit, join(root, UNITS, name));
  await symlink(`/${UNITS}/${name}`, join(wants, name));
}

async function putFile(root: string, { path, content, mode = 0o644 }: MachineFile): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content, { mode });
}
