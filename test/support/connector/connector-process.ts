import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { NODE_BINARY } from "../../../lab/node-binary.ts";

const COMMAND = fileURLToPath(new URL("../../../connector/main.ts", import.meta.url));

/** A connector as it ships, started by its own command. */
export class ConnectorProcess {
  readonly #child: ChildProcess;
  #log = "";

  constructor(configFile: string, ...options: string[]) {
    this.#child = spawn(NODE_BINARY, [COMMAND, "run", "--config", configFile, ...options], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#log += text;
      });
  }

  /** What it has written so far, to both streams. */
  get log(): string {
    return this.#log;
  }

  /** @returns its exit status; `null` after a signal */
  async untilEnd(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
    return this.#child.exitCode;
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.untilEnd();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
