import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { CommandPort, CommandResult } from "./command-port.ts";
import type { GuestNetwork } from "./machine-network.ts";

export interface GuestFile {
  /** Absolute, without spaces. */
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly mode?: number;
}

/** A running microVM. */
export class Guest {
  readonly network: GuestNetwork;
  /** What the guest's serial console has said. */
  readonly consoleLog: string;
  readonly #machine: ChildProcess;
  readonly #commands: CommandPort;

  constructor(machine: ChildProcess, commands: CommandPort, network: GuestNetwork, consoleLog: string) {
    this.network = network;
    this.consoleLog = consoleLog;
    this.#machine = machine;
    this.#commands = commands;
  }

  /** The address that the host dials. */
  get address(): string {
    return this.network.address;
  }

  /** The process that is the machine. */
  get pid(): number {
    return this.#machine.pid!;
  }

  get isRunning(): boolean {
    return this.#machine.exitCode === null && this.#machine.signalCode === null;
  }

  /** Runs a shell command in the guest to its end. */
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
    if (status !== 0) throw new Error(`in the guest, ${command} ended with ${status}: ${stderr.trim()}`);
    return stdout;
  }

  /**
   * Starts a command that stays; what it says goes to `/var/log/<name>.log`.
   *
   * @param command simple: it may begin with variables, but holds no `;` or `|`
   * @returns its process id in the guest
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

  async put({ path, content, mode = 0o644 }: GuestFile): Promise<void> {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    const { status, stderr } = await this.#commands.put(path, bytes, mode);
    if (status !== 0) throw new Error(`${path} could not be put into the guest: ${stderr.trim()}`);
  }

  /** Ends the machine as a crash does; its tap stays. */
  async kill(): Promise<void> {
    if (!this.isRunning) return;
    const exited = once(this.#machine, "exit");
    this.#machine.kill("SIGKILL");
    await exited;
  }

  /** Stops the machine's clock and everything in it; the host still sees the tap. */
  pause(): void {
    this.#machine.kill("SIGSTOP");
  }

  resume(): void {
    this.#machine.kill("SIGCONT");
  }

  /** Ends the machine and takes its network away. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#commands.close();
    await this.kill();
    await this.network.remove();
  }
}
