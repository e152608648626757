import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Its owner has created the file, and has yet to write into it; a longer time means that it died in between. */
const WRITING_MS = 500;
/** A process that was killed, and whose parent has not asked for its status. */
const ENDED = "ended";
const RETRY_MS = 20;
/** Others may take and release the lock in between. */
const MAX_TRIES = 20;

export function takeLock(path) {
  let former;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (create(path)) return { taken: true, former };
    const text = readWritten(path);
    if (text === undefined) continue;
    const owner = parseOwner(text);
    if (owner !== undefined && isRunning(owner)) return { taken: false, owner: { pid: owner.pid } };
    former = owner && { pid: owner.pid };
    remove(path, text);
  }
  throw new Error(`${path} changes too often`);
}

export function releaseLock(path) {
  try {
    if (parseOwner(readFileSync(path, "utf8"))?.pid === process.pid) rmSync(path);
  } catch {
    // It is not there any more.
  }
}

function create(path) {
  try {
    const owner = { pid: process.pid, startedAt: findStart(process.pid) };
    writeFileSync(path, `${JSON.stringify(owner)}\n`, { flag: "wx", mode: 0o644 });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/** The file's text, `undefined` where it is gone. */
function readWritten(path) {
  for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
    let text;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      if (error.code === "ENOENT") return undefined;
      throw error;
    }
    if (parseOwner(text) !== undefined || waitedMs >= WRITING_MS) return text;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
  }
}

function parseOwner(text) {
  try {
    const { pid, startedAt } = JSON.parse(text);
    return Number.isSafeInteger(pid) && pid > 0 ? { pid, startedAt } : undefined;
  } catch {
    return undefined;
  }
}

/** A process id is used again: the same id with another start is another process. */
function isRunning({ pid, startedAt }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: another user's.
    if (error.code !== "EPERM") return false;
  }
  const now = findStart(pid);
  return now !== ENDED && (startedAt === undefined || now === undefined || startedAt === now);
}

/** Boot and clock tick at which a process started; `undefined` where there is no /proc. */
function findStart(pid) {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // From field 3 on; the second one is the program's name in parentheses, which may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? ENDED : `${boot}:${fields[19]}`;
  } catch {
    return undefined;
  }
}

/** Another process may have removed the same stale lock, and taken it: then it gets its file back. */
function remove(path, text) {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === "ENOENT") return;
    throw error;
  }
  if (readFileSync(aside, "utf8") === text) rmSync(aside);
  else renameSync(aside, path);
}
