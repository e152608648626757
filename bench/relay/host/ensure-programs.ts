import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Debian's package for each program that the bench needs. */
const PACKAGES: Readonly<Record<string, string>> = {
  nginx: "nginx-light",
  haproxy: "haproxy",
  caddy: "caddy",
  go: "golang-go",
  wrk: "wrk",
  openssl: "openssl",
  taskset: "util-linux",
  prlimit: "util-linux",
  setpriv: "util-linux",
};

export class MissingProgramError extends Error {
  override readonly name = "MissingProgramError";
}

/**
 * Sees that every program is here; root on Debian gets missing ones installed.
 *
 * @throws {MissingProgramError} naming what is missing and how to get it
 */
export function ensurePrograms(): void {
  const missing = missingPrograms();
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => PACKAGES[program]!))];
  if (process.getuid?.() === 0) install(packages);
  const still = missingPrograms();
  if (still.length === 0) return;
  throw new MissingProgramError(
    `the bench needs ${still.join(", ")}: as root on Debian, apt-get install ${packages.join(" ")}`,
  );
}

function missingPrograms(): string[] {
  return Object.keys(PACKAGES).filter((program) => !isInPath(program));
}

function isInPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function install(packages: readonly string[]): void {
  process.stderr.write(`Installing ${packages.join(" ")} …\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [["update"], ["install", "--yes", "--no-install-recommends", ...packages]])
    spawnSync("apt-get", ["--quiet", ...args], { env, stdio: ["ignore", process.stderr, process.stderr] });
}
