import { mkdtemp, rm } from "node:fs/promises";
import * as http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonServer } from "../../../connector/control/serve-json.ts";
import { serveJson } from "../../../connector/control/serve-json.ts";
import { LAUNCHER_SANDBOXES_PATH, launchOrderSchema } from "../../../shared/protocol/control-api.ts";

/** The port on which a guest of the template `web` serves from its start. */
export const WEB_PORT = 3000;

export const MACHINE_SIZE = { cpu: 2, memory_mb: 512 };

/** A launcher whose guests are addresses of 127.0.0.0/8, with servers of this process. */
export class LoopbackLauncher implements AsyncDisposable {
  readonly socketPath: string;
  /** Addresses of the guests that run. */
  readonly addresses = new Map<string, string>();
  readonly #directory: string;
  readonly #network: string;
  readonly #servers = new Map<string, http.Server>();
  #jsonServer: JsonServer | undefined;
  #count = 0;

  /** @param network the first two bytes of its guests' addresses, for one test file each */
  static async start(network: string): Promise<LoopbackLauncher> {
    const directory = await mkdtemp(join(tmpdir(), "loopback-launcher-"));
    const launcher = new LoopbackLauncher(directory, network);
    await launcher.#serve();
    return launcher;
  }

  private constructor(directory: string, network: string) {
    this.#directory = directory;
    this.#network = network;
    this.socketPath = join(directory, "launcher.sock");
  }

  /** Starts a server on a port of a guest. */
  async listen(sandboxId: string, port: number): Promise<void> {
    const address = this.addresses.get(sandboxId);
    const server = http.createServer((request, response) => response.end(`${port} ${request.url}`));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, address, resolve);
    });
    this.#servers.set(`${sandboxId} ${port}`, server);
  }

  close(sandboxId: string, port: number): void {
    const server = this.#servers.get(`${sandboxId} ${port}`);
    server?.close();
    server?.closeAllConnections();
    this.#servers.delete(`${sandboxId} ${port}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of this.addresses.keys()) this.#end(id);
    this.#jsonServer?.close();
    await rm(this.#directory, { recursive: true });
  }

  async #serve(): Promise<void> {
    const respond = async ({ method, path, body }: { method: string; path: string; body: unknown }) => {
      if (method === "DELETE") {
        this.#end(path.slice(LAUNCHER_SANDBOXES_PATH.length + 1));
        return { status: 200, body: {} };
      }
      const { sandboxId, template } = launchOrderSchema.parse(body);
      if (template !== "web")
        return { status: 400, body: { error: "There is no such template; there is web." } };
      this.#count += 1;
      const address = `${this.#network}.${this.#count}.1`;
      this.addresses.set(sandboxId, address);
      await this.listen(sandboxId, WEB_PORT);
      return { status: 201, body: { address, ports: [WEB_PORT], size: MACHINE_SIZE } };
    };
    this.#jsonServer = await serveJson(this.socketPath, respond, (error) => console.error(error));
  }

  #end(sandboxId: string): void {
    for (const name of this.#servers.keys()) {
      if (name.startsWith(sandboxId)) this.close(sandboxId, Number(name.split(" ")[1]));
    }
    this.addresses.delete(sandboxId);
  }
}
