import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";

const CACHE = resolve(".preview", "promtool");

/**
 * The path of `promtool`. Where the machine has none, Debian's package `prometheus` is unpacked and not installed: it
 * would start a server.
 */
export async function installPromtool(): Promise<string> {
  if (existsSync("/usr/bin/promtool")) return "/usr/bin/promtool";
  const program = join(CACHE, "usr", "bin", "promtool");
  if (existsSync(program)) return program;
  await mkdir(resolve(".preview"), { recursive: true });
  const folder = await mkdtemp(`${CACHE}-`);
  const options = { cwd: folder, stdio: "pipe" as const };
  try {
    execFileSync("apt-get", ["download", "-qq", "prometheus"], options);
  } catch {
    execFileSync("apt-get", ["update", "-qq"], options);
    execFileSync("apt-get", ["download", "-qq", "prometheus"], options);
  }
  const [archive = ""] = await readdir(folder);
  execFileSync("dpkg", ["-x", archive, "files"], options);
  // Another run may have been faster.
  await rename(join(folder, "files"), CACHE).catch(() => {});
  await rm(folder, { recursive: true });
  return program;
}
