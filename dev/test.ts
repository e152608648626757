import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { startVitest } from "vitest/node";

/** Programs that the tests run, and the Debian packages that contain them. */
const SYSTEM_PROGRAMS: readonly (readonly [path: string, debianPackage: string])[] = [
  ["/usr/bin/chromium", "chromium"],
  ["/usr/bin/qemu-system-x86_64", "qemu-system-x86"],
  ["/usr/sbin/ip", "iproute2"],
  ["/usr/sbin/iptables", "iptables"],
  ["/usr/bin/busybox", "busybox-static"],
  ["/usr/bin/cpio", "cpio"],
  ["/usr/sbin/depmod", "kmod"],
  ["/usr/bin/prlimit", "util-linux"],
  ["/usr/bin/mount", "mount"],
  ["/usr/sbin/sysctl", "procps"],
  ["/usr/bin/openssl", "openssl"],
  ["/usr/bin/python3", "python3"],
  ["/usr/bin/mypy", "mypy"],
  ["/usr/bin/pyproject-build", "python3-build"],
  ["/usr/lib/python3/dist-packages/setuptools", "python3-setuptools"],
  ["/usr/lib/python3/dist-packages/wheel", "python3-wheel"],
  ["/usr/bin/django-admin", "python3-django"],
];

installSystemPackages();
const args = process.argv.slice(2);
const vitest = await startVitest("test", args, { run: true, watch: false });
await vitest.close();

/** As root on Debian; elsewhere the tests that need a missing program fail and name it. */
function installSystemPackages(): void {
  const missing = SYSTEM_PROGRAMS.filter(([path]) => !existsSync(path)).map(([, name]) => name);
  if (missing.length === 0 || process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return;
  console.error(`Installing ${missing.join(", ")} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const options = { stdio: ["ignore", "ignore", "inherit"] as ["ignore", "ignore", "inherit"], env };
  spawnSync("apt-get", ["update", "-qq"], options);
  const installed = spawnSync(
    "apt-get",
    ["install", "-y", "-qq", "--no-install-recommends", ...missing],
    options,
  );
  if (installed.status !== 0) throw new Error(`apt-get could not install ${missing.join(", ")}`);
}
