import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pino from "pino";
import type { Config } from "../../../connector/config.ts";
import { Supervisor } from "../../../connector/supervisor/supervisor.ts";
import { findFreePort } from "../../../dev/find-free-port.ts";

const CHILD = fileURLToPath(new URL("scripted-child.ts", import.meta.url));

export interface ScriptedOptions {
  readonly stalledAfterMs?: number;
  /** How children misbehave from the start on, see `scripted-child.ts`. */
  readonly faults?: readonly string[];
}

export interface StartedChild {
  readonly role: string;
  readonly generation: number;
  readonly pid: number;
}

/** A supervisor whose children are scripted. */
export class ScriptedSupervisor implements AsyncDisposable {
  readonly supervisor: Supervisor;
  /** What the next generation listens on. */
  listen: Config["listen"];
  log = "";
  readonly #directory: string;

  static async start({ faults = [], ...options }: ScriptedOptions = {}): Promise<ScriptedSupervisor> {
    const directory = await mkdtemp(join(tmpdir(), "scripted-"));
    const listen = { host: "127.0.0.1", port: await findFreePort() };
    const scripted = new ScriptedSupervisor(directory, listen, options);
    for (const fault of faults) await scripted.script(fault);
    await scripted.supervisor.start();
    return scripted;
  }

  private constructor(
    directory: string,
    listen: Config["listen"],
    options: Pick<ScriptedOptions, "stalledAfterMs">,
  ) {
    this.#directory = directory;
    this.listen = listen;
    this.supervisor = new Supervisor({
      command: [process.execPath, CHILD, directory],
      inherited: [],
      takesOver: false,
      logLevel: "info",
      chooseWorkers: () => 1,
      readPlan: async () => ({
        config: { listen: this.listen, controlSocket: join(directory, "control.sock") } as Config,
      }),
      log: pino({}, { write: (line: string) => this.#write(line) }),
      ...options,
    });
  }

  /** From now on children misbehave in this way. */
  async script(fault: string): Promise<void> {
    await writeFile(join(this.#directory, fault), "");
  }

  async unscript(fault: string): Promise<void> {
    await rm(join(this.#directory, fault));
  }

  /** All children of a role that were ever started, in their order. */
  async listStarted(wanted: "run-host" | "run-worker"): Promise<StartedChild[]> {
    const lines = (await readFile(join(this.#directory, "started"), "utf8")).trim().split("\n");
    return lines
      .map((line) => line.split(" "))
      .map(([role = "", generation, pid]) => ({ role, generation: Number(generation), pid: Number(pid) }))
      .filter(({ role }) => role === wanted);
  }

  #write(line: string): void {
    this.log += line;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(join(this.#directory, "requests stay"), { force: true });
    await this.supervisor.stop();
    await rm(this.#directory, { recursive: true });
  }
}

/** Whether a process is there, and has not ended without a parent that asks for its status. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
