import { randomUUID } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { StateError } from "./state-error.ts";

/** What a crash between writing and renaming leaves behind has this at its end. */
export const TEMPORARY_SUFFIX = ".tmp";

/** Nobody but its owner reads or writes it. */
const PRIVATE = 0o600;

/**
 * Writes a file that only its owner reads. Where root writes it, its owner is the directory's: a service with a user of its
 * own has to read what an operator's command has written. Durable when it resolves: written to a temporary file, flushed, renamed, and
 * the rename flushed too.
 *
 * @param confirm is awaited when everything is written, and before it takes the place of the former file
 * @param mode the file's permissions
 * @throws {StateError}, or what `confirm` throws; the former file is then as it was
 */
export async function replaceFile(
  path: string,
  text: string,
  confirm: () => Promise<void> = async () => {},
  mode: number = PRIVATE,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}${TEMPORARY_SUFFIX}`;
  try {
    await writing(path, () => writeFlushed(temporary, text, mode));
    await confirm();
    await writing(path, () => rename(temporary, path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  await writing(path, () => syncDirectory(dirname(path)));
}

/** The flush of a directory that is under way, and the one after it. */
interface DirectorySync {
  readonly running: Promise<void>;
  next?: Promise<void>;
}

const syncs = new Map<string, DirectorySync>();

/**
 * Makes durable which files a directory has. Those who ask while a flush is under way share the next one: it may have begun
 * before their change.
 */
export function syncDirectory(path: string): Promise<void> {
  const current = syncs.get(path);
  if (current === undefined) return beginSync(path);
  const begin = (): Promise<void> => beginSync(path);
  current.next ??= current.running.then(begin, begin);
  return current.next;
}

function beginSync(path: string): Promise<void> {
  const running = syncNow(path);
  const sync: DirectorySync = { running };
  syncs.set(path, sync);
  const forget = (): void => {
    if (syncs.get(path) === sync && sync.next === undefined) syncs.delete(path);
  };
  running.then(forget, forget);
  return running;
}

async function syncNow(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function writeFlushed(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, "wx", PRIVATE);
  try {
    if (process.geteuid?.() === 0) await giveToOwnerOf(dirname(path), file);
    if (mode !== PRIVATE) await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function giveToOwnerOf(directory: string, file: FileHandle): Promise<void> {
  const { uid, gid } = await stat(directory);
  // Some file systems have no owners, and refuse each change of them.
  if (uid !== 0 || gid !== 0) await file.chown(uid, gid);
}

async function writing(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw StateError.cannotWrite(path, error);
  }
}
