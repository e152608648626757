import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../../lab/run-command.ts";
import { CACHE_FOLDER } from "./cache-folder.ts";
import { installDebian } from "./install-debian.ts";
import type { Project } from "./project.ts";
import { projectEnvironment } from "./project-environment.ts";

const MADE = join(CACHE_FOLDER, "made");
const MAX_AGE_MS = 30 * 24 * 60 * 60 * 1000;
const QUIET = ["env", "CI=1", "npm_config_yes=true", "npm_config_fund=false", "npm_config_audit=false"];

export interface Installation {
  /** For people who wait. */
  readonly name: string;
  readonly project: Pick<Project, "debian" | "create">;
}

/**
 * Installs what a server's project needs, and runs the commands that make it, unless the cache has what they made.
 *
 * @returns its folder in the cache; a run works in a copy
 */
export async function installProject({ name, project }: Installation): Promise<string> {
  await installDebian(project.debian ?? []);
  const steps = project.create ?? [];
  const folder = join(MADE, createHash("sha256").update(JSON.stringify(steps)).digest("hex").slice(0, 16));
  if (!existsSync(folder)) await make(steps, folder, name);
  await utimes(folder, new Date(), new Date());
  return folder;
}

async function make(steps: readonly string[], folder: string, name: string): Promise<void> {
  process.stderr.write(`Installing ${name} (once) …\n`);
  await mkdir(MADE, { recursive: true });
  await removeUnused();
  const making = await mkdtemp(join(CACHE_FOLDER, "making-"));
  const { PATH } = projectEnvironment(making);
  try {
    for (const step of steps) await runStep(step, making, PATH!);
    // Another run may have made the same meanwhile.
    if (!existsSync(folder)) await rename(making, folder);
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

/** @throws {Error} with the step and what it wrote, without the paths of this computer */
async function runStep(step: string, folder: string, path: string): Promise<void> {
  const args = ["-n", "10", ...QUIET, `PATH=${path}`, "sh", "-c", step];
  await runCommand("nice", args, folder).catch((error: Error) => {
    const output = error.message.slice(error.message.indexOf(`${step} ended with`) + step.length);
    throw new Error(`\`${step}\`${output.replaceAll(folder, ".")}`);
  });
}

/** What commands made that no server has any more. */
async function removeUnused(): Promise<void> {
  for (const entry of await readdir(MADE)) {
    const folder = join(MADE, entry);
    if ((await stat(folder)).mtimeMs < Date.now() - MAX_AGE_MS)
      await rm(folder, { recursive: true, force: true });
  }
}
