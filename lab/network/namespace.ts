import type { ChildProcess, SpawnOptions } from "node:child_process";
import { spawn } from "node:child_process";
import { runCommand } from "../run-command.ts";

/** A name holds its creator's process id, so that another lab can remove it once that process has ended. */
const NAME = /^lab-(\d+)-/;

let created = 0;

/** A network namespace, and the processes in it. */
export class Namespace {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  /** Creates a namespace with its loopback interface up. */
  static async create(role: string): Promise<Namespace> {
    const namespace = new Namespace(`lab-${process.pid}-${created++}-${role}`);
    await runCommand("ip", ["netns", "add", namespace.name]);
    await namespace.ip("link", "set", "lo", "up");
    return namespace;
  }

  /** Removes the namespaces of processes that have ended, and every process in them. */
  static async removeDead(): Promise<void> {
    const list = await runCommand("ip", ["netns", "list"]);
    const names = list.split("\n").map((line) => line.split(" ")[0] ?? "");
    const dead = names.filter((name) => {
      const creator = NAME.exec(name)?.[1];
      return creator !== undefined && !isAlive(Number(creator));
    });
    await Promise.all(dead.map(removeNamespace));
  }

  /** Runs `ip` of iproute2 in this namespace. */
  ip(...args: string[]): Promise<string> {
    return runCommand("ip", ["-n", this.name, ...args]);
  }

  /** Runs a program in this namespace to its end. */
  run(file: string, ...args: string[]): Promise<string> {
    return runCommand("ip", ["netns", "exec", this.name, file, ...args]);
  }

  /**
   * Starts a program in this namespace. `ip` and `setpriv` replace themselves by the program, so the child is the
   * program itself. It dies with this process, however that ends.
   */
  spawn(file: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const until = ["setpriv", "--pdeathsig", "KILL"];
    return spawn("ip", ["netns", "exec", this.name, ...until, file, ...args], options);
  }

  /** Kills every process in the namespace, then removes it and its interfaces. */
  async [Symbol.asyncDispose](): Promise<void> {
    await removeNamespace(this.name);
  }
}

async function removeNamespace(name: string): Promise<void> {
  const pids = await runCommand("ip", ["netns", "pids", name]);
  for (const pid of pids.split("\n").filter((text) => text !== "")) killQuietly(Number(pid));
  await runCommand("ip", ["netns", "delete", name]);
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
