import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One run of a program. */
export interface ProgramRun {
  readonly name: string;
  readonly args: readonly string[];
  readonly input: string;
  /** The executable of its parent: `node` itself where no shell is between. */
  readonly parent: string;
}

export interface ProgramBehaviour {
  /** On standard output. */
  readonly output?: string;
  readonly exitCode?: number;
  /** Does not end by itself, as a browser in the foreground. */
  readonly stays?: boolean;
}

/** A folder for PATH with programs that do nothing but record how they are run. */
export class RecordingPrograms implements AsyncDisposable {
  readonly directory: string;

  static async create(programs: Readonly<Record<string, ProgramBehaviour>>): Promise<RecordingPrograms> {
    const directory = await mkdtemp(join(tmpdir(), "recording-programs-"));
    for (const [name, behaviour] of Object.entries(programs)) {
      await writeFile(join(directory, name), sourceOf(directory, name, behaviour), { mode: 0o755 });
    }
    return new RecordingPrograms(directory);
  }

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** Before the directories of the system. */
  get path(): string {
    return `${this.directory}:${process.env.PATH}`;
  }

  /** In the order of their start. */
  async runs(): Promise<ProgramRun[]> {
    const names = (await readdir(this.directory)).filter((name) => name.endsWith(".json")).sort();
    const texts = await Promise.all(names.map((name) => readFile(join(this.directory, name), "utf8")));
    return texts.map((text) => JSON.parse(text) as ProgramRun);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of (await readdir(this.directory)).filter((file) => file.endsWith(".pid"))) {
      process.kill(Number(await readFile(join(this.directory, name), "utf8")));
    }
    await rm(this.directory, { recursive: true });
  }
}

/** Where nothing has ended it before. */
const MAX_STAY_MS = 60_000;

function sourceOf(directory: string, name: string, behaviour: ProgramBehaviour): string {
  const { output = "", exitCode = 0, stays = false } = behaviour;
  return `#!${process.execPath}
const fs = require("node:fs");
const record = {
  name: ${JSON.stringify(name)},
  args: process.argv.slice(2),
  input: fs.readFileSync(0, "utf8"),
  parent: fs.readlinkSync("/proc/" + process.ppid + "/exe").replace(/.*\\//, ""),
};
const path = ${JSON.stringify(`${directory}/`)} + process.hrtime.bigint();
fs.writeFileSync(path, JSON.stringify(record));
${stays ? 'fs.writeFileSync(path + ".pid", String(process.pid));' : ""}
fs.renameSync(path, path + ".json");
process.stdout.write(${JSON.stringify(output)});
${stays ? `setTimeout(() => {}, ${MAX_STAY_MS});` : `process.exitCode = ${exitCode};`}
`;
}
