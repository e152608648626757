import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const ENTRY = fileURLToPath(new URL("half-responding-guest.cjs", import.meta.url));

/** A guest in a process of its own that sends incomplete responses, until the test kills it. */
export class HalfRespondingGuest {
  readonly port: number;
  readonly #child: ChildProcess;
  #sent = 0;
  #wake = Promise.withResolvers<void>();

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    child.on("message", () => {
      this.#sent++;
      this.#wake.resolve();
      this.#wake = Promise.withResolvers<void>();
    });
  }

  /** @param port 0 for any */
  static async start(port: number, responses: readonly string[]): Promise<HalfRespondingGuest> {
    const child = fork(ENTRY, { execArgv: [] });
    child.send({ port, responses });
    const [message] = (await once(child, "message")) as [{ port: number }];
    return new HalfRespondingGuest(child, message.port);
  }

  /** Waits until the kernel has taken so many responses. */
  async responded(count: number): Promise<void> {
    while (this.#sent < count) await this.#wake.promise;
  }

  /** By SIGKILL, so that the kernel closes its connections. */
  async kill(): Promise<void> {
    if (this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }
}
