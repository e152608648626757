import type { ChildProcess } from "node:child_process";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { NODE_BINARY } from "../../lab/node-binary.ts";

export interface SupervisedConnectorOptions {
  /** The program: `connector/main.ts`, or what is built of it. */
  readonly program: string;
  readonly configFile: string;
  readonly workers: number;
  /** A listening socket of this process, which the connector gets as systemd would pass it. */
  readonly listenDescriptor?: number;
}

const STARTED = /"msg":"ready"/;
/** The shell becomes the connector, whose process id it knows. */
const WITH_PID = 'LISTEN_PID=$$ exec "$0" "$@"';

/** `connector run` as a process of its own. */
export class SupervisedConnector {
  readonly #options: SupervisedConnectorOptions;
  readonly #child: ChildProcess;
  readonly #started = Promise.withResolvers<void>();
  #log = "";

  /** Resolves when it serves. @throws with its log, where it ends before that */
  static async start(options: SupervisedConnectorOptions): Promise<SupervisedConnector> {
    const connector = new SupervisedConnector(options);
    await connector.#started.promise;
    return connector;
  }

  private constructor(options: SupervisedConnectorOptions) {
    this.#options = options;
    const { program, configFile, workers, listenDescriptor } = options;
    const command = [NODE_BINARY, program, "run", "--config", configFile, "--workers", String(workers)];
    this.#child =
      listenDescriptor === undefined
        ? spawn(command[0]!, command.slice(1), { stdio: ["ignore", "pipe", "pipe"] })
        : spawn("/bin/sh", ["-c", WITH_PID, ...command], {
            stdio: ["ignore", "pipe", "pipe", listenDescriptor],
            env: { ...process.env, LISTEN_FDS: "1" },
          });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => this.#read(text));
    this.#child.once("exit", (code) => {
      this.#started.reject(new Error(`the connector ended with ${code}: ${this.#log}`));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it has written so far, to both streams. */
  get log(): string {
    return this.#log;
  }

  /** By its own command. @throws where that fails */
  async reload(): Promise<void> {
    const { program, configFile } = this.#options;
    await promisify(execFile)(NODE_BINARY, [program, "reload", "--config", configFile]);
  }

  /** @returns its exit status */
  async stop(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    return this.untilEnd();
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.untilEnd();
  }

  /** @returns its exit status; `null` after a signal */
  async untilEnd(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
    return this.#child.exitCode;
  }

  #read(text: string): void {
    this.#log += text;
    if (STARTED.test(text)) this.#started.resolve();
  }
}
