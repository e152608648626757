import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildAgent } from "../../agent/build/build-agent.ts";
import type { Lab } from "../../lab/lab.ts";
import { connectNamespaces } from "../../lab/network/connect-namespaces.ts";
import { Namespace } from "../../lab/network/namespace.ts";
import { NODE_BINARY } from "../../lab/node-binary.ts";
import type { AppOrder, AppReply } from "./app-process.ts";

const GATEWAY = "10.99.7.1";
const APP = fileURLToPath(new URL("app-process.ts", import.meta.url));

/** A guest with the real agent and an app, in a network namespace beside a lab's host: no machine has to boot. */
export class AgentGuest {
  readonly address = "10.99.7.2";
  readonly #app: ChildProcess;
  readonly #stack: AsyncDisposableStack;

  private constructor(app: ChildProcess, stack: AsyncDisposableStack) {
    this.#app = app;
    this.#stack = stack;
  }

  static async create(lab: Lab): Promise<AgentGuest> {
    await using stack = new AsyncDisposableStack();
    const namespace = stack.use(await Namespace.create("guest"));
    const guest = { namespace, device: "eth0", address: "10.99.7.2/24" };
    await connectNamespaces({ namespace: lab.host, device: "guest", address: `${GATEWAY}/24` }, guest);
    await namespace.ip("route", "add", "default", "via", GATEWAY);
    const folder = await mkdtemp(join(tmpdir(), "agent-guest-"));
    stack.defer(() => rm(folder, { recursive: true }));
    const bundle = join(folder, "agent.cjs");
    await buildAgent(bundle);
    const agent = namespace.spawn(NODE_BINARY, [bundle], { stdio: ["ignore", "pipe", "inherit"] });
    await once(agent.stdout!, "data");
    const app = namespace.spawn(NODE_BINARY, [APP], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    await once(app, "spawn");
    return new AgentGuest(app, stack.move());
  }

  /** Lets the app listen on a port. @returns unix milliseconds at which it did */
  openPort(port: number): Promise<number> {
    return this.#order({ port });
  }

  async closePort(): Promise<void> {
    await this.#order({});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #order(order: AppOrder): Promise<number> {
    const replied = once(this.#app, "message");
    this.#app.send(order);
    const [{ atMs }] = (await replied) as [AppReply];
    return atMs;
  }
}
