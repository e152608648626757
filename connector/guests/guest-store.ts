import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile, syncDirectory, TEMPORARY_SUFFIX } from "../state/replace-file.ts";
import { StateError } from "../state/state-error.ts";
import type { GuestRecord } from "./guest-record.ts";
import { guestRecordSchema } from "./guest-record.ts";

const SUFFIX = ".json";
const QUARANTINE_SUFFIX = ".bad";

export interface LoadedGuests {
  readonly records: readonly GuestRecord[];
  /** Files that hold no guest's record, set aside under a new name. */
  readonly quarantined: readonly string[];
}

/** Attached guests on disk, one JSON file each: a restart loses none, and a damaged file affects one guest only. */
export class GuestStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Reads all guests, sets files aside that hold something else, and removes what a crash has left half written.
   *
   * A file that cannot be read at all stops it. Its guest may be sound, and its neighbours usually have the same fault
   * (a wrong owner, a failing disk): to go on without them would make the edge end guests that run.
   *
   * @throws {StateError} where the directory or a file cannot be read
   */
  async load(): Promise<LoadedGuests> {
    const names = await this.#list();
    for (const name of names.filter((each) => each.endsWith(TEMPORARY_SUFFIX)))
      await this.#change(name, (path) => rm(path, { force: true }));
    const records: GuestRecord[] = [];
    const quarantined: string[] = [];
    for (const name of names.filter((each) => each.endsWith(SUFFIX)).sort()) {
      const record = parseRecord(await this.#read(name), name);
      if (record !== undefined) records.push(record);
      else quarantined.push(await this.#quarantine(name));
    }
    return { records, quarantined };
  }

  /**
   * Durable when it resolves.
   *
   * @param confirm is awaited before the record takes the place of the sandbox's former one
   * @throws {StateError}, or what `confirm` throws; the former record is then as it was
   */
  save(record: GuestRecord, confirm?: () => Promise<void>): Promise<void> {
    return replaceFile(this.#path(record.sandboxId), `${JSON.stringify(record, undefined, 2)}\n`, confirm);
  }

  /** @throws {StateError} */
  async remove(sandboxId: string): Promise<void> {
    await this.#change(sandboxId + SUFFIX, async (path) => {
      await rm(path, { force: true });
      await syncDirectory(this.#directory);
    });
  }

  async #list(): Promise<string[]> {
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      return await readdir(this.#directory);
    } catch (error) {
      throw StateError.cannotRead(this.#directory, error);
    }
  }

  async #read(name: string): Promise<string> {
    const path = join(this.#directory, name);
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      throw StateError.cannotRead(path, error);
    }
  }

  async #quarantine(name: string): Promise<string> {
    await this.#change(name, (path) => rename(path, path + QUARANTINE_SUFFIX));
    return join(this.#directory, name + QUARANTINE_SUFFIX);
  }

  async #change(name: string, change: (path: string) => Promise<void>): Promise<void> {
    const path = join(this.#directory, name);
    try {
      await change(path);
    } catch (error) {
      throw StateError.cannotWrite(path, error);
    }
  }

  #path(sandboxId: string): string {
    return join(this.#directory, sandboxId + SUFFIX);
  }
}

/** @returns `undefined` for anything but the record of the guest that the file is named after */
function parseRecord(text: string, name: string): GuestRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = guestRecordSchema.safeParse(value);
  return parsed.success && `${parsed.data.sandboxId}${SUFFIX}` === name ? parsed.data : undefined;
}
