import type { ChildProcess, StdioOptions } from "node:child_process";
import { fork } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { ProcessGroups } from "./process-groups.ts";

/** A part of the system could not start, or has ended too often. */
export class PartError extends Error {
  override readonly name = "PartError";
}

const STOP_TIMEOUT_MS = 8_000;
const RESTART_DELAY_MS = 300;
const MAX_RESTARTS = 20;

/** Starts a Node module as a child with an IPC channel, somewhere on this machine. */
export type Spawn = (module: URL, args: readonly string[]) => ChildProcess;

export const STDIO: StdioOptions = ["ignore", "pipe", "pipe", "ipc"];

/** Receives what a part sends beside its being ready. */
export type ReceiveMessage = (message: unknown) => void;

/** Beside this process, in a process group of its own, so that its own children can be ended with it. */
const spawnHere: Spawn = (module, args) =>
  fork(module, [...args], { stdio: STDIO, execArgv: [], detached: true });

interface Part {
  readonly name: string;
  readonly module: URL;
  readonly args: readonly string[];
  readonly spawn: Spawn;
  readonly receive: ReceiveMessage;
  child: ChildProcess;
  restarts: number;
}

/**
 * Runs the parts of the system as processes, as systemd would: keeps their logs in files, restarts a part that has ended
 * by itself, and ends them all.
 */
export class Supervisor {
  readonly #logDirectory: string;
  readonly #groups: ProcessGroups;
  readonly #parts = new Map<string, Part>();
  readonly #notice: (line: string) => void;
  readonly #cleanups: (() => Promise<unknown>)[] = [];
  #stopping = false;
  #stopped: Promise<void> | undefined;

  constructor(stateDirectory: string, notice: (line: string) => void = () => {}) {
    this.#logDirectory = join(stateDirectory, "logs");
    this.#groups = new ProcessGroups(stateDirectory);
    this.#notice = notice;
  }

  /**
   * Starts a module and waits until it sends that it is ready.
   *
   * @param more where it runs, and who receives what else it sends
   * @throws {PartError} with the end of its log, if it ends before that
   */
  async start(
    name: string,
    module: URL,
    args: readonly string[],
    { spawn = spawnHere, receive = () => {} }: { spawn?: Spawn; receive?: ReceiveMessage } = {},
  ): Promise<void> {
    if (this.#stopping) throw new PartError(`the ${name} is not started any more: everything stops`);
    mkdirSync(this.#logDirectory, { recursive: true });
    const part: Part = {
      name,
      module,
      args,
      spawn,
      receive,
      child: this.#spawn(name, spawn(module, args)),
      restarts: 0,
    };
    this.#parts.set(name, part);
    await this.#untilReady(part);
  }

  /** Kills a part, and resolves when it has been restarted and is ready. */
  async kill(name: string): Promise<void> {
    const part = this.#parts.get(name);
    if (part === undefined) throw new PartError(`there is no part called ${name}`);
    const ended = new Promise((resolve) => part.child.once("exit", resolve));
    part.child.kill("SIGKILL");
    await ended;
    await this.#revive(part);
  }

  /** Ends a part for good. */
  async end(name: string): Promise<void> {
    const part = this.#parts.get(name);
    if (part === undefined) throw new PartError(`there is no part called ${name}`);
    this.#parts.delete(name);
    await end(part.child);
  }

  /** @throws {PartError} for a part that was never started */
  pidOf(name: string): number {
    const pid = this.#parts.get(name)?.child.pid;
    if (pid === undefined) throw new PartError(`there is no part called ${name}`);
    return pid;
  }

  /** Adds a clean-up that runs once all parts have ended. */
  defer(cleanUp: () => Promise<unknown>): void {
    this.#cleanups.push(cleanUp);
  }

  /** Ends all parts, last started first; those that do not end in time are killed. A second call joins the first. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping = true;
    for (const { child } of [...this.#parts.values()].reverse()) await end(child);
    for (const cleanUp of this.#cleanups.reverse()) await cleanUp();
  }

  #spawn(name: string, child: ChildProcess): ChildProcess {
    child.once("exit", () => killGroup(child));
    if (child.pid !== undefined) this.#groups.add(child.pid);
    const log = createWriteStream(this.#logPath(name), { flags: "a" });
    for (const stream of [child.stdout, child.stderr]) stream?.pipe(log, { end: false });
    return child;
  }

  async #untilReady(part: Part): Promise<void> {
    const { child, name } = part;
    let tail = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      tail = (tail + chunk.toString()).slice(-2000);
    });
    await new Promise<void>((resolve, reject) => {
      child.once("message", () => {
        child.on("message", part.receive);
        resolve();
      });
      child.once("error", reject);
      child.once("exit", (code) => {
        const reason = withoutStacks(tail);
        reject(new PartError(`the ${name} ended with ${code}; see ${this.#logPath(name)}\n${reason}`));
      });
    });
    child.once("exit", (code, signal) => {
      if (this.#stopping || this.#parts.get(part.name) !== part) return;
      setTimeout(() => this.#reviveAndReport(part, signal ?? code), RESTART_DELAY_MS).unref();
    });
  }

  #reviveAndReport(part: Part, cause: unknown): void {
    if (this.#stopping || isAlive(part.child)) return;
    this.#notice(`the ${part.name} ended (${cause}); starting it again`);
    this.#revive(part).catch((error: unknown) => this.#notice(String(error)));
  }

  async #revive(part: Part): Promise<void> {
    part.restarts += 1;
    if (part.restarts > MAX_RESTARTS)
      throw new PartError(`the ${part.name} ended ${MAX_RESTARTS} times; giving up`);
    part.child = this.#spawn(part.name, part.spawn(part.module, part.args));
    await this.#untilReady(part);
  }

  #logPath(name: string): string {
    return join(this.#logDirectory, `${name}.log`);
  }
}

/** A killed part cannot end its own children: workerd would keep the edge's port. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // The group has ended with its leader.
  }
}

/** A part's log has the stacks of its errors. */
function withoutStacks(text: string): string {
  const lines = text.split("\n").filter((line) => !/^ +at /.test(line) && line.trim() !== "");
  return lines.join("\n");
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function end(child: ChildProcess): Promise<void> {
  if (!isAlive(child)) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
