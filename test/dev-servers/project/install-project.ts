import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runCommand } from "../../../lab/run-command.ts";
import type { DevServer } from "../dev-server.ts";
import { CACHE_FOLDER } from "./cache-folder.ts";
import { installDebian } from "./install-debian.ts";
import { replaceOnce } from "./project.ts";
import { projectEnvironment } from "./project-environment.ts";

const HASH_CHARACTERS = 12;
const QUIET = ["env", "CI=1", "npm_config_yes=true", "npm_config_fund=false", "npm_config_audit=false"];

/**
 * Makes a server's project, unless the cache has it.
 *
 * @returns its folder in the cache; a run works in a copy
 */
export async function installProject({ name, project }: DevServer): Promise<string> {
  await installDebian(project.debian ?? []);
  const hash = createHash("sha256").update(JSON.stringify(project)).digest("hex").slice(0, HASH_CHARACTERS);
  const folder = join(CACHE_FOLDER, `${name}-${hash}`);
  if (existsSync(folder)) return folder;
  process.stderr.write(`Installing ${name} (once) …\n`);
  const making = join(CACHE_FOLDER, `making-${process.pid}`, name);
  await mkdir(making, { recursive: true });
  try {
    for (const step of project.create ?? []) await runStep(step, making);
    await writeFiles(making, project.files ?? {});
    await removeFormer(name);
    await moveInto(folder, making);
  } finally {
    await rm(dirname(making), { recursive: true, force: true });
  }
  return folder;
}

function runStep(step: string, folder: string): Promise<string> {
  const { PATH } = projectEnvironment(folder);
  return runCommand("nice", ["-n", "10", ...QUIET, `PATH=${PATH}`, "sh", "-c", step], folder);
}

async function writeFiles(folder: string, files: NonNullable<DevServer["project"]["files"]>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const at = join(folder, path);
    await mkdir(dirname(at), { recursive: true });
    const isText = typeof content === "string";
    await writeFile(at, isText ? content : replaceOnce(path, await readFile(at, "utf8"), content));
  }
}

/** What an older recipe made. Runs have copies. */
async function removeFormer(name: string): Promise<void> {
  const former = (await readdir(CACHE_FOLDER)).filter(
    (entry) => entry.startsWith(`${name}-`) && entry.length === name.length + 1 + HASH_CHARACTERS,
  );
  for (const entry of former) await rm(join(CACHE_FOLDER, entry), { recursive: true, force: true });
}

/** Another run may have made the same meanwhile. */
async function moveInto(folder: string, made: string): Promise<void> {
  await rename(made, folder).catch((error: unknown) => {
    if (!existsSync(folder)) throw error;
  });
}
