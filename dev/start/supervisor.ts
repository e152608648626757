import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";

/** A part of the system ended although nobody had asked it to. */
export class PartError extends Error {
  override readonly name = "PartError";
}

const STOP_TIMEOUT_MS = 8_000;

/** Starts the parts of the system as processes, keeps their logs in files, and ends them all. */
export class Supervisor {
  readonly #logDirectory: string;
  readonly #children: { readonly name: string; readonly child: ChildProcess }[] = [];
  #stopping = false;

  constructor(stateDirectory: string) {
    this.#logDirectory = join(stateDirectory, "logs");
    mkdirSync(this.#logDirectory, { recursive: true });
  }

  /**
   * Starts a module and waits until it says that it is ready.
   *
   * @throws {PartError} with the end of its log, if it ends before that
   */
  async start(name: string, module: URL, args: readonly string[]): Promise<ChildProcess> {
    const child = fork(module, [...args], { stdio: ["ignore", "pipe", "pipe", "ipc"] });
    this.#children.push({ name, child });
    const logPath = join(this.#logDirectory, `${name}.log`);
    const log = createWriteStream(logPath, { flags: "a" });
    let tail = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.pipe(log, { end: false });
      stream?.on("data", (chunk: Buffer) => {
        tail = (tail + chunk.toString()).slice(-2000);
      });
    }
    await new Promise<void>((resolve, reject) => {
      child.once("message", () => resolve());
      child.once("error", reject);
      child.once("exit", (code) =>
        reject(new PartError(`the ${name} ended with ${code}; see ${logPath}\n${tail}`)),
      );
    });
    child.once("exit", (code, signal) => {
      if (!this.#stopping) process.stderr.write(`the ${name} ended (${signal ?? code}); see ${logPath}\n`);
    });
    return child;
  }

  /** Ends all parts, last started first; those that do not end in time are killed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { child } of this.#children.reverse()) await end(child);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
