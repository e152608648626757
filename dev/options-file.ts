import { readFile, writeFile } from "node:fs/promises";

/** The options of a child process that hold secrets: each user of a machine sees a process's arguments, and not this. */
export class OptionsFile<Options> {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async write(options: Options): Promise<void> {
    await writeFile(this.path, JSON.stringify(options), { mode: 0o600 });
  }

  async read(): Promise<Options> {
    return JSON.parse(await readFile(this.path, "utf8")) as Options;
  }
}
