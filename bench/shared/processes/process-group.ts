import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** 4 000 tunnels need two descriptors each in a proxy. */
const MAX_OPEN_FILES = 16_384;
const KILL_AFTER_MS = 1_500;

export interface StartOptions {
  readonly name: string;
  readonly core: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the directory of the run. */
  readonly directory?: string;
}

/** A program of the bench failed. */
export class ProgramError extends Error {
  override readonly name = "ProgramError";
}

/** The programs of a bench: each is pinned to a core, has enough descriptors, and ends with the bench, however that ends. */
export class ProcessGroup {
  readonly #directory: string;
  readonly #running = new Set<ChildProcess>();
  #ending = false;

  /** @param directory for the output of the programs */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Starts a program that serves until it is stopped; its output goes to a file. */
  serve(command: readonly string[], options: StartOptions): ChildProcess {
    const output = openSync(this.#logFile(options.name), "a");
    try {
      return this.#spawn(command, options, ["ignore", output, output]);
    } finally {
      closeSync(output);
    }
  }

  /** Starts a program whose input and output are pipes to this process. */
  startWithPipes(command: readonly string[], options: StartOptions): ChildProcess {
    return this.#spawn(command, options, ["pipe", "pipe", "inherit"]);
  }

  /**
   * Runs a program to its end.
   *
   * @returns its standard output
   * @throws {ProgramError} where it fails
   */
  async run(command: readonly string[], options: StartOptions): Promise<string> {
    const child = this.#spawn(command, options, ["ignore", "pipe", "pipe"]);
    let output = "";
    let errorOutput = "";
    child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      errorOutput += text;
    });
    const [code] = await once(child, "close");
    if (code !== 0) throw new ProgramError(`${options.name} ended with ${code}: ${errorOutput || output}`);
    return output;
  }

  async stop(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
    await exited;
    clearTimeout(timer);
  }

  /** Nothing starts after this. */
  async stopAll(): Promise<void> {
    this.#ending = true;
    await Promise.all([...this.#running].map((child) => this.stop(child)));
  }

  /** The end of a serving program's output. */
  logTail(name: string): string {
    return readFileSync(this.#logFile(name), "utf8").slice(-1000);
  }

  #spawn(
    command: readonly string[],
    { name, core, env, directory = this.#directory }: StartOptions,
    stdio: ("ignore" | "pipe" | "inherit" | number)[],
  ): ChildProcess {
    if (this.#ending) throw new ProgramError(`${name} was not started: the bench is ending`);
    const wrapped = ["--pdeathsig", "TERM", "prlimit", `--nofile=${MAX_OPEN_FILES}`];
    // Each of these replaces itself by the next, so the pid is the program's.
    const child = spawn("setpriv", [...wrapped, "taskset", "--cpu-list", String(core), ...command], {
      stdio,
      env: { ...process.env, ...env },
      cwd: directory,
    });
    this.#running.add(child);
    child.on("error", (error) => process.stderr.write(`${name}: ${error.message}\n`));
    child.on("exit", () => this.#running.delete(child));
    return child;
  }

  #logFile(name: string): string {
    return join(this.#directory, `${name}.log`);
  }
}
