import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";

/** A program by its name, or a file by its path; and the Debian package that contains it. */
export type SystemFile = readonly [nameOrPath: string, debianPackage: string];

/** Debian leaves these out of the PATH of users other than root. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** apt could not install what is missing. */
export class SystemPackagesError extends Error {
  override readonly name = "SystemPackagesError";
}

/** Those of the files that this machine lacks. */
export function findMissingFiles<File extends SystemFile>(
  files: readonly File[],
  path = process.env.PATH ?? "",
): File[] {
  const folders = [...path.split(":").filter((folder) => folder !== ""), ...SYSTEM_FOLDERS];
  return files.filter(([file]) =>
    isAbsolute(file) ? !existsSync(file) : !folders.some((folder) => existsSync(join(folder, file))),
  );
}

/** Whether this process may install Debian's packages. */
export function canInstallPackages(): boolean {
  return process.getuid?.() === 0 && findMissingFiles([["apt-get", "apt"]]).length === 0;
}

/** Installs packages with apt, as root on Debian. @throws {SystemPackagesError} */
export function installPackages(names: readonly string[]): void {
  updatePackageIndex();
  const installed = runApt(["install", "-y", "-qq", "--no-install-recommends", ...names]);
  if (!installed)
    throw new SystemPackagesError(
      `apt-get could not install ${names.join(", ")}; its reason is above. Another try: apt-get update && apt-get install ${names.join(" ")}`,
    );
}

/** Fetches Debian's list of packages. Where that fails, an older list may do. */
export function updatePackageIndex(): void {
  runApt(["update", "-qq"]);
}

function runApt(args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return spawnSync("apt-get", args, { stdio: ["ignore", "ignore", "inherit"], env }).status === 0;
}
