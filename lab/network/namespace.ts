import type { ChildProcess, SpawnOptions } from "node:child_process";
import { spawn } from "node:child_process";
import { runCommand } from "./run-command.ts";

/** A name holds its maker's process id, so that another lab can tell what nobody uses any more. */
const NAME = /^lab-(\d+)-/;

let created = 0;

/** A network namespace, and the processes in it. */
export class Namespace {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  /** Makes a namespace with its loopback interface up. */
  static async create(role: string): Promise<Namespace> {
    const namespace = new Namespace(`lab-${process.pid}-${created++}-${role}`);
    await runCommand("ip", ["netns", "add", namespace.name]);
    await namespace.ip("link", "set", "lo", "up");
    return namespace;
  }

  /** `ip` of iproute2, in this namespace. */
  ip(...args: string[]): Promise<string> {
    return runCommand("ip", ["-n", this.name, ...args]);
  }

  /** Runs a program in this namespace to its end. */
  run(file: string, ...args: string[]): Promise<string> {
    return runCommand("ip", ["netns", "exec", this.name, file, ...args]);
  }

  /**
   * Starts a program in this namespace. The child is the program itself, which `ip` and `setpriv` become, and
   * it dies with this process, however that ends.
   */
  spawn(file: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const until = ["setpriv", "--pdeathsig", "KILL"];
    return spawn("ip", ["netns", "exec", this.name, ...until, file, ...args], options);
  }

  /** Ends every process in the namespace, then takes it and its interfaces away. */
  async [Symbol.asyncDispose](): Promise<void> {
    await removeNamespace(this.name);
  }
}

/** Takes away what labs left behind whose process has died. */
export async function removeDeadNamespaces(): Promise<void> {
  const list = await runCommand("ip", ["netns", "list"]);
  const names = list.split("\n").map((line) => line.split(" ")[0] ?? "");
  const dead = names.filter((name) => {
    const owner = NAME.exec(name)?.[1];
    return owner !== undefined && !isAlive(Number(owner));
  });
  await Promise.all(dead.map(removeNamespace));
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
    // It ended by itself.
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
