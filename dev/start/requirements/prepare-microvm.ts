import { spawnSync } from "node:child_process";
import type { SystemFile } from "../../system-packages.ts";
import {
  canInstallPackages,
  findMissingFiles,
  installPackages,
  SystemPackagesError,
  updatePackageIndex,
} from "../../system-packages.ts";
import type { Progress } from "../progress.ts";
import { StartError } from "../start-error.ts";

/** What the lab runs on this machine. */
const PROGRAMS: readonly SystemFile[] = [
  ["qemu-system-x86_64", "qemu-system-x86"],
  ["ip", "iproute2"],
  ["iptables", "iptables"],
  ["setpriv", "util-linux"],
  ["sysctl", "procps"],
  // They fetch and unpack the machine's kernel and busybox.
  ["apt-get", "apt"],
  ["dpkg", "dpkg"],
];
const KERNEL_PACKAGE = "linux-image-cloud-amd64";

/**
 * Makes sure that this machine can boot a microVM: as root on Debian, missing packages are installed.
 *
 * @throws {StartError} naming all that is missing
 */
export function prepareMicrovm(progress: Progress): void {
  if (process.platform !== "linux" || process.arch !== "x64") {
    const here = `${process.platform} on ${process.arch}`;
    throw new StartError(`--microvm needs Linux on x64, and this is ${here}. ${OTHERWISE}`);
  }
  const missing = findMissingFiles(PROGRAMS);
  const isRoot = process.getuid?.() === 0;
  if (missing.length > 0 && canInstallPackages()) install(missing, progress);
  else if (missing.length > 0 || !isRoot) throw new StartError(describeLack(missing, isRoot));
  if (!knowsKernel()) {
    progress("microVM: fetching Debian's list of packages");
    updatePackageIndex();
  }
  if (!knowsKernel())
    throw new StartError(`apt does not know ${KERNEL_PACKAGE}, Debian's kernel for --microvm. ${OTHERWISE}`);
}

const OTHERWISE = "Without --microvm, npm start shows the demo.";

/** What a machine lacks for a microVM, and how to mend it. */
export function describeLack(missing: readonly SystemFile[], isRoot: boolean): string {
  const lines = missing.map(([program, name]) => `  ${program}: in Debian's package ${name}`);
  if (!isRoot) lines.unshift("  root, for network namespaces: sudo npm start -- --microvm");
  return ["--microvm cannot start; it lacks:", ...lines, OTHERWISE].join("\n");
}

function install(missing: readonly SystemFile[], progress: Progress): void {
  const names = [...new Set(missing.map(([, name]) => name))];
  progress(`microVM: installing ${names.join(", ")}`);
  try {
    installPackages(names);
  } catch (error) {
    if (error instanceof SystemPackagesError) throw new StartError(error.message);
    throw error;
  }
}

function knowsKernel(): boolean {
  return spawnSync("apt-cache", ["depends", KERNEL_PACKAGE], { stdio: "ignore" }).status === 0;
}
