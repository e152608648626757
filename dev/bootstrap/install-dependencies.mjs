import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findMissingPackages } from "./find-missing-packages.mjs";
import { releaseLock, takeLock } from "./process-lock.mjs";
import { SetUpError } from "./set-up-error.mjs";

const POLL_MS = 250;
const MAX_NAMED = 3;

/**
 * Installs the packages of the lock file where they are not there as it says. One process at a time does so in a folder.
 *
 * @param root the folder of `package-lock.json`
 * @param node the Node of the packages
 */
export async function installDependencies(root, node) {
  if (findReason(root, node) === undefined) return;
  assertWritable(root);
  const lock = join(root, ".preview", "install.lock");
  mkdirSync(join(root, ".preview"), { recursive: true });
  let said = false;
  for (let outcome = takeLock(lock); !outcome.taken; outcome = takeLock(lock)) {
    if (!said) console.error(`Process ${outcome.owner.pid} installs the dependencies here; waiting …`);
    said = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const release = () => releaseLock(lock);
  process.once("exit", release);
  try {
    const reason = findReason(root, node);
    if (reason === undefined) return;
    console.error(`Installing dependencies (${reason}) …`);
    await runNpm(root);
    writeFileSync(stampPath(root), hashLock(root));
  } finally {
    process.off("exit", release);
    release();
  }
}

/** Why they have to be installed; `undefined` where they are as they must be. */
function findReason(root, node) {
  const stamp = stampPath(root);
  if (!existsSync(stamp)) return "once for each change of package-lock.json";
  if (readFileSync(stamp, "utf8") !== hashLock(root)) return "package-lock.json has changed";
  const missing = findMissingPackages(root);
  if (missing === undefined) return "node_modules is not as npm left it";
  if (missing.length > 0) {
    const more = missing.length > MAX_NAMED ? ` and ${missing.length - MAX_NAMED} more` : "";
    return `missing: ${missing.slice(0, MAX_NAMED).join(", ")}${more}`;
  }
  return existsSync(node) ? undefined : `missing: ${node}`;
}

function stampPath(root) {
  return join(root, "node_modules", ".installed-lock");
}

function hashLock(root) {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

function assertWritable(root) {
  try {
    accessSync(root, constants.W_OK);
    if (existsSync(join(root, "node_modules"))) accessSync(join(root, "node_modules"), constants.W_OK);
  } catch (error) {
    throw new SetUpError(
      `The dependencies have to be installed, and you cannot write in ${error.path} (${error.code}). ` +
        "Run this as the folder's owner, or in a copy of it that is yours.",
    );
  }
}

function runNpm(root) {
  const args = ["ci", "--loglevel=error", "--no-audit", "--no-fund", "--no-json"];
  const stdio = ["ignore", process.stderr, process.stderr];
  // A group of its own: npm goes on after SIGTERM, and its scripts are processes, too.
  const child = spawn("npm", args, { cwd: root, stdio, detached: true });
  const end = () => killGroup(child);
  process.on("exit", end);
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      const reason = error.code === "ENOENT" ? "npm is not on the PATH" : error.message;
      reject(new SetUpError(`The dependencies cannot be installed: ${reason}.`));
    });
    child.once("exit", (code, signal) => {
      process.off("exit", end);
      if (code === 0) return resolve();
      reject(
        new SetUpError(
          `npm ci ended with ${code ?? signal}; its reason is above. It needs the npm registry, and 1 GB of disk.`,
        ),
      );
    });
  });
}

/** What it leaves is no installation: the next start makes it anew. */
function killGroup({ pid }) {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
