import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** `nobody`, whose home directory does not exist. npm itself does not run for an id without a name. */
const STRANGER = 65_534;

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly asRoot?: boolean;
}

/** A copy of this repository in a folder with spaces, where a stranger runs `npm start`. */
export class StartCopy {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<StartCopy> {
    const folder = await mkdtemp(join(tmpdir(), "preview start "));
    const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { encoding: "utf8" });
    const files = listed
      .split("\0")
      .filter((file) => file !== "" && !/^(?:bench|docs|examples|test)\//.test(file));
    for (const file of files) {
      await mkdir(join(folder, dirname(file)), { recursive: true });
      // Deleted in the working tree, and not yet in git.
      await cp(file, join(folder, file)).catch(() => {});
    }
    try {
      execFileSync("cp", ["-al", "node_modules", folder], { stdio: "ignore" });
    } catch {
      execFileSync("cp", ["-a", "node_modules", folder]);
    }
    // The link is shared with this repository's own file, which an installation here would change.
    rmSync(join(folder, "node_modules", ".installed-lock"), { force: true });
    const hash = execFileSync("sha256sum", ["package-lock.json"], { encoding: "utf8" }).split(" ")[0];
    execFileSync("sh", [
      "-c",
      'printf %s "$0" > "$1"',
      hash ?? "",
      join(folder, "node_modules", ".installed-lock"),
    ]);
    execFileSync("chown", [`${STRANGER}`, folder]);
    return new StartCopy(folder);
  }

  /** `npm start --` with an environment that has a PATH and nothing else. */
  start(args: readonly string[], { env = {}, asRoot = false }: RunOptions = {}): Run {
    const child = spawn("npm", ["start", "--silent", "--", ...args], {
      cwd: this.folder,
      env: { PATH: process.env.PATH ?? "", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      ...(!asRoot && { uid: STRANGER, gid: STRANGER }),
    });
    return new Run(child, this.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of findProcesses(this.folder)) process.kill(pid, "SIGKILL");
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** One `npm start`, and all that it has printed. */
export class Run {
  readonly child: ChildProcess;
  readonly #folder: string;
  output = "";

  constructor(child: ChildProcess, folder: string) {
    this.child = child;
    this.#folder = folder;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
        child.emit("output");
      });
  }

  /** @throws {Error} if it ends before that */
  async untilPrinted(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.output);
      if (found !== null) return found;
      if (this.child.exitCode !== null)
        throw new Error(`it ended with ${this.child.exitCode}:\n${this.output}`);
      await Promise.race([once(this.child, "output"), once(this.child, "exit")]);
    }
  }

  async untilEnded(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "close");
    return this.child.exitCode;
  }

  /** Ids of the processes that run from the copy's folder. */
  processes(): number[] {
    return findProcesses(this.#folder);
  }

  /** The process whose command line contains a text. */
  find(text: string): number {
    const pid = this.processes().find((id) => readCommand(id).includes(text));
    if (pid === undefined) throw new Error(`no process runs ${text}`);
    return pid;
  }
}

function findProcesses(folder: string): number[] {
  const ids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return ids.filter((id) => readCommand(id).includes(folder) || readFolder(id) === folder);
}

function readCommand(id: number): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

function readFolder(id: number): string {
  try {
    return readlinkSync(`/proc/${id}/cwd`);
  } catch {
    return "";
  }
}
