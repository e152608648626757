import { runCommand } from "../../../lab/run-command.ts";

const INSTALLED = "install ok installed";
const LOCK_WAIT = "DPkg::Lock::Timeout=600";

/** @throws {Error} where a package is missing and cannot be installed: that needs root on Debian */
export async function installDebian(packages: readonly string[]): Promise<void> {
  const missing: string[] = [];
  for (const name of packages) if (!(await isInstalled(name))) missing.push(name);
  if (missing.length === 0) return;
  process.stderr.write(`Installing ${missing.join(", ")} (Debian) …\n`);
  const apt = ["DEBIAN_FRONTEND=noninteractive", "nice", "-n", "10", "apt-get", "-qq", "-o", LOCK_WAIT];
  await runCommand("env", [...apt, "update"]);
  await runCommand("env", [...apt, "install", "-y", "--no-install-recommends", ...missing]);
}

async function isInstalled(name: string): Promise<boolean> {
  const status = await runCommand("dpkg-query", ["-W", "-f", "$" + "{Status}", name]).catch(() => "");
  return status === INSTALLED;
}
