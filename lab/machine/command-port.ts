import { once } from "node:events";
import type { Server, Socket } from "node:net";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Settle = (result: CommandResult | Error) => void;

/**
 * The host's end of a machine's control port, a virtio serial line: commands go in, their results come out, and the
 * machine's network is not used (`lab/image/contents/serve-commands.sh` holds the protocol).
 */
export class CommandPort {
  readonly #socket: Socket;
  readonly #pending = new Map<number, Settle>();
  #requests = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Opens the socket to which QEMU connects the machine's serial line. */
  static async listen(path: string): Promise<Server> {
    const server = createServer();
    await once(server.listen(path), "listening");
    return server;
  }

  /**
   * Waits until QEMU has connected, and the machine's init serves commands.
   *
   * @param server from `CommandPort.listen()`
   */
  static async accept(server: Server, signal: AbortSignal): Promise<CommandPort> {
    const [socket] = (await once(server, "connection", { signal })) as [Socket];
    const port = new CommandPort(socket);
    const ready = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => ready.reject(signal.reason));
    const lines = createInterface({ input: socket });
    lines.on("line", (line) => (line === "ready" ? ready.resolve() : port.#settle(line)));
    // A killed machine resets the line; the close below is all that matters.
    lines.on("error", () => socket.destroy());
    socket.on("error", () => socket.destroy());
    socket.once("close", () => port.#failAll());
    await ready.promise;
    return port;
  }

  /** Runs a shell command to its end. Processes that it leaves running must not keep its output open. */
  exec(command: string): Promise<CommandResult> {
    return this.#request((id) => [`exec ${id} ${Buffer.from(command).toString("base64")}\n`]);
  }

  put(path: string, content: Uint8Array, mode: number): Promise<CommandResult> {
    return this.#request((id) => [`put ${id} ${path} ${mode.toString(8)} ${content.length}\n`, content]);
  }

  close(): void {
    this.#socket.destroy();
  }

  #request(encode: (id: number) => (string | Uint8Array)[]): Promise<CommandResult> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error("the machine has ended"));
      const id = this.#requests++;
      this.#pending.set(id, (result) => (result instanceof Error ? reject(result) : resolve(result)));
      for (const part of encode(id)) this.#socket.write(part);
    });
  }

  #settle(line: string): void {
    const [id, status, stdout = "", stderr = ""] = line.split(" ");
    const settle = this.#pending.get(Number(id));
    this.#pending.delete(Number(id));
    settle?.({ status: Number(status), stdout: decode(stdout), stderr: decode(stderr) });
  }

  #failAll(): void {
    for (const settle of this.#pending.values()) settle(new Error("the machine has ended"));
    this.#pending.clear();
  }
}

function decode(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}
