import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Server, Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { NODE_BINARY } from "../node-binary.ts";
import type { Namespace } from "./namespace.ts";

const PROCESS = fileURLToPath(new URL("gate-process.ts", import.meta.url));

export interface GateRequest {
  readonly id: number;
  readonly verb: "connect" | "listen";
  readonly host: string;
  readonly port: number;
}

interface GateResult {
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
 * A socket belongs to the namespace in which it was created, also in another process (network_namespaces(7)). A small
 * process inside creates the sockets and passes them to this process (SCM_RIGHTS), so no hop is added to the bytes' path.
 */
export class Gate {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  #requests = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (result: GateResult, handle) => this.#settle(result, handle));
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
    const socket = await this.#request({ verb: "connect", host, port });
    if (!(socket instanceof Socket)) throw new TypeError("the gate passed no socket");
    return socket;
  }

  /**
   * Listens inside the namespace; connections arrive here.
   *
   * @param port 0: any
   */
  async listen(host: string, port: number): Promise<Server> {
    const server = await this.#request({ verb: "listen", host, port });
    if (!(server instanceof Server)) throw new TypeError("the gate passed no server");
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }

  #request(request: Omit<GateRequest, "id">): Promise<Socket | Server> {
    return new Promise((resolve, reject) => {
      const id = this.#requests++;
      this.#pending.set(id, { resolve, reject });
      this.#child.send({ id, ...request });
    });
  }

  #settle({ id, error }: GateResult, handle: unknown): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (pending === undefined) return;
    if (error !== undefined) pending.reject(Object.assign(new Error(error.message), { code: error.code }));
    else pending.resolve(handle as Socket | Server);
  }
}
