import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, join } from "node:path";

/** Debian's package for each program that a bench needs. */
const PACKAGES = {
  nginx: "nginx-light",
  haproxy: "haproxy",
  caddy: "caddy",
  go: "golang-go",
  wrk: "wrk",
  openssl: "openssl",
  taskset: "util-linux",
  prlimit: "util-linux",
  setpriv: "util-linux",
} as const;

export type Program = keyof typeof PACKAGES;

export const ALL_PROGRAMS = Object.keys(PACKAGES) as Program[];
const MIN_CORES = 2;

export class MissingProgramError extends Error {
  override readonly name = "MissingProgramError";
}

/**
 * Checks that these programs and two cores are here. As root on Debian it installs missing programs.
 *
 * @throws {MissingProgramError} with the names of missing programs and how to get them
 */
export function ensurePrograms(programs: readonly Program[]): void {
  if (availableParallelism() < MIN_CORES) throw new MissingProgramError("the bench needs two cores");
  const missing = findMissing(programs);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => PACKAGES[program]))];
  if (process.getuid?.() === 0) install(packages);
  const still = findMissing(programs);
  if (still.length === 0) return;
  throw new MissingProgramError(
    `the bench needs ${still.join(", ")}: as root on Debian, apt-get install ${packages.join(" ")}`,
  );
}

function findMissing(programs: readonly Program[]): Program[] {
  return programs.filter((program) => !isInPath(program));
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
