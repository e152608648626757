import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Server, Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { Namespace } from "./namespace.ts";
import { NODE_BINARY } from "./node-binary.ts";

const PROCESS = fileURLToPath(new URL("gate-process.ts", import.meta.url));

export interface GateRequest {
  readonly id: number;
  readonly verb: "connect" | "listen";
  readonly host: string;
  readonly port: number;
}

interface GateAnswer {
  readonly id: number;
  readonly error?: { readonly code?: string; readonly message: string };
}

interface Pending {
  readonly resolve: (handle: Socket | Server) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Lets this process use sockets of another network namespace.
 *
 * A socket belongs to the namespace it was made in, whoever holds it (network_namespaces(7)): a small process
 * inside makes it and hands it over (SCM_RIGHTS), so bytes flow without a hop between.
 */
export class Gate {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  #asked = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (answer: GateAnswer, handle) => this.#settle(answer, handle));
    child.once("exit", () => {
      for (const { reject } of this.#pending.values()) reject(new Error("the gate has ended"));
      this.#pending.clear();
    });
  }

  static async open(namespace: Namespace): Promise<Gate> {
    const child = namespace.spawn(NODE_BINARY, [PROCESS], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    await once(child, "spawn");
    return new Gate(child);
  }

  /**
   * Dials from inside the namespace.
   *
   * @throws {Error} with the `code` that `connect` gave, such as `ECONNREFUSED`
   */
  async connect(host: string, port: number): Promise<Socket> {
    const socket = await this.#ask({ verb: "connect", host, port });
    if (!(socket instanceof Socket)) throw new TypeError("the gate handed over no socket");
    return socket;
  }

  /**
   * Listens inside the namespace; connections arrive here.
   *
   * @param port 0: any
   */
  async listen(host: string, port: number): Promise<Server> {
    const server = await this.#ask({ verb: "listen", host, port });
    if (!(server instanceof Server)) throw new TypeError("the gate handed over no server");
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }

  #ask(request: Omit<GateRequest, "id">): Promise<Socket | Server> {
    return new Promise((resolve, reject) => {
      const id = this.#asked++;
      this.#pending.set(id, { resolve, reject });
      this.#child.send({ id, ...request });
    });
  }

  #settle({ id, error }: GateAnswer, handle: unknown): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (pending === undefined) return;
    if (error !== undefined) pending.reject(Object.assign(new Error(error.message), { code: error.code }));
    else pending.resolve(handle as Socket | Server);
  }
}
