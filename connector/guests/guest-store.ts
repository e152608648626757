import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { GuestRecord } from "./guest-record.ts";
import { guestRecordSchema } from "./guest-record.ts";

const SUFFIX = ".json";
const QUARANTINE_SUFFIX = ".bad";

export interface LoadedGuests {
  readonly records: readonly GuestRecord[];
  /** Files that could not be read, set aside under a new name. */
  readonly quarantined: readonly string[];
}

/** Attached guests on disk, one JSON file each: a restart loses none, and a damaged file affects one guest only. */
export class GuestStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async load(): Promise<LoadedGuests> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const names = (await readdir(this.#directory)).filter((name) => name.endsWith(SUFFIX));
    const records: GuestRecord[] = [];
    const quarantined: string[] = [];
    for (const name of names.sort()) {
      const record = await this.#read(name);
      if (record !== undefined) records.push(record);
      else quarantined.push(await this.#quarantine(name));
    }
    return { records, quarantined };
  }

  /** Durable when it resolves: written to a temporary file, flushed, renamed, and the rename flushed too. */
  async save(record: GuestRecord): Promise<void> {
    const path = this.#path(record.sandboxId);
    const temporary = `${path}.${record.generation}.tmp`;
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(`${JSON.stringify(record, undefined, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await this.#syncDirectory();
  }

  async remove(sandboxId: string): Promise<void> {
    await rm(this.#path(sandboxId), { force: true });
    await this.#syncDirectory();
  }

  async #read(name: string): Promise<GuestRecord | undefined> {
    try {
      const text = await readFile(join(this.#directory, name), "utf8");
      const parsed = guestRecordSchema.safeParse(JSON.parse(text));
      return parsed.success && `${parsed.data.sandboxId}${SUFFIX}` === name ? parsed.data : undefined;
    } catch {
      return undefined;
    }
  }

  async #quarantine(name: string): Promise<string> {
    const path = join(this.#directory, name);
    await rename(path, path + QUARANTINE_SUFFIX);
    return path + QUARANTINE_SUFFIX;
  }

  async #syncDirectory(): Promise<void> {
    const directory = await open(this.#directory, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  #path(sandboxId: string): string {
    return join(this.#directory, sandboxId + SUFFIX);
  }
}
