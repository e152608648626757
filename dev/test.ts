import { startVitest } from "vitest/node";
import type { SystemFile } from "./system-packages.ts";
import {
  canInstallPackages,
  findMissingFiles,
  installPackages,
  SystemPackagesError,
} from "./system-packages.ts";

/** Programs that the tests run, and the Debian packages that contain them. */
const SYSTEM_PROGRAMS: readonly SystemFile[] = [
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
  ["/usr/bin/systemd-analyze", "systemd"],
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

/** As root on Debian; elsewhere the tests that need a missing program fail. */
function installSystemPackages(): void {
  const missing = findMissingFiles(SYSTEM_PROGRAMS);
  if (missing.length === 0) return;
  const names = missing.map(([, name]) => name);
  if (!canInstallPackages()) {
    const files = missing.map(([file, name]) => `  ${file}: in Debian's package ${name}`);
    console.error(`Some tests will fail, because this machine lacks:\n${files.join("\n")}`);
    return;
  }
  console.error(`Installing ${names.join(", ")} …`);
  try {
    installPackages(names);
  } catch (error) {
    if (!(error instanceof SystemPackagesError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
