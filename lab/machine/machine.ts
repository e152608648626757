import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { MachineNetwork } from "../network/machine-network.ts";
import type { CommandPort, CommandResult } from "./command-port.ts";

export interface MachineFile {
  /** Absolute, without spaces. */
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly mode?: number;
}

/** A running microVM. */
export class Machine {
  readonly network: MachineNetwork;
  /** A file with the output of the machine's serial console. */
  readonly consoleLog: string;
  readonly #qemu: ChildProcess;
  readonly #commands: CommandPort;

  constructor(qemu: ChildProcess, commands: CommandPort, network: MachineNetwork, consoleLog: string) {
    this.network = network;
    this.consoleLog = consoleLog;
    this.#qemu = qemu;
    this.#commands = commands;
  }

  /** The address that the host dials. */
  get address(): string {
    return this.network.address;
  }

  /** The process id of QEMU. */
  get pid(): number {
    return this.#qemu.pid!;
  }

  get isRunning(): boolean {
    return this.#qemu.exitCode === null && this.#qemu.signalCode === null;
  }

  /** Runs a shell command in the machine to its end. */
  exec(command: string): Promise<CommandResult> {
    return this.#commands.exec(command);
  }

  /**
   * Runs a shell command that must succeed.
   *
   * @returns its standard output
   */
  async run(command: string): Promise<string> {
    const { status, stdout, stderr } = await this.exec(command);
    if (status !== 0) throw new Error(`in the machine, ${command} ended with ${status}: ${stderr.trim()}`);
    return stdout;
  }

  /**
   * Starts a command and leaves it running; its output goes to `/var/log/<name>.log`.
   *
   * @param command simple: it may begin with variables, but holds no `;` or `|`
   * @returns its process id in the machine
   */
  async start(name: string, command: string): Promise<number> {
    const log = `/var/log/${name}.log`;
    return Number(
      await this.run(`mkdir -p /var/log; setsid env ${command} >${log} 2>&1 </dev/null & echo $!`),
    );
  }

  /** Waits until a log of `start` holds a text. */
  async waitForLog(name: string, text: string): Promise<void> {
    await this.run(`until grep -qF '${text}' /var/log/${name}.log; do usleep 20000; done`);
  }

  async put({ path, content, mode = 0o644 }: MachineFile): Promise<void> {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    const { status, stderr } = await this.#commands.put(path, bytes, mode);
    if (status !== 0) throw new Error(`${path} could not be put into the machine: ${stderr.trim()}`);
  }

  /** Ends the machine as a crash does; its tap stays. */
  async kill(): Promise<void> {
    if (!this.isRunning) return;
    const exited = once(this.#qemu, "exit");
    this.#qemu.kill("SIGKILL");
    await exited;
  }

  /** Stops the machine's clock and everything in it; the host still sees the tap. */
  pause(): void {
    this.#qemu.kill("SIGSTOP");
  }

  resume(): void {
    this.#qemu.kill("SIGCONT");
  }

  /** Ends the machine and removes its network. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#commands.close();
    await this.kill();
    await this.network.remove();
  }
}
