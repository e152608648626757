import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, request } from "undici";
import WebSocket from "ws";
import { ListeningSockets } from "../../connector/supervisor/listening-sockets.ts";
import { findFreePort } from "../../dev/find-free-port.ts";
import { startSystem } from "../../dev/start/start-system.ts";
import { Supervisor } from "../../dev/start/supervisor.ts";
import type { SystemDescription } from "../../dev/start/system-description.ts";
import { startGuestApp } from "../../test/support/guest-app.ts";
import { SteadyLoad } from "./steady-load.ts";
import { SupervisedConnector } from "./supervised-connector.ts";

type LookupCallback = (error: null, addresses: { address: string; family: number }[]) => void;

/** Node does not resolve `*.localhost` on every system. */
function lookupLoopback(_name: string, _options: unknown, callback: LookupCallback): void {
  callback(null, [{ address: "127.0.0.1", family: 4 }]);
}

/** All visitors are one client of one sandbox, so a share must not bind. */
const LIMITS = { maxTunnelsPerSandbox: 2_000, maxRequestsPerSandbox: 2_000, sharesBindAtPercent: 100 };

export interface ReloadStageOptions {
  readonly program: string;
  readonly workers: number;
  /** The guest's own loopback address. */
  readonly address: string;
  /** The listening socket outlives the connector. */
  readonly isInherited: boolean;
}

/** The whole edge with a guest, and a connector in processes as `connector run` starts it. */
export class ReloadStage implements AsyncDisposable {
  readonly configFile: string;
  connector!: SupervisedConnector;
  readonly #options: ReloadStageOptions;
  readonly #stack: AsyncDisposableStack;
  /** Its tokens and addresses. */
  readonly system: SystemDescription;
  readonly #agent: Agent;
  readonly #listenDescriptor: number | undefined;

  static async open(options: ReloadStageOptions): Promise<ReloadStage> {
    await using stack = new AsyncDisposableStack();
    const directory = await mkdtemp(join(tmpdir(), "reload-"));
    stack.defer(() => rm(directory, { recursive: true, force: true }));
    const guest = await startGuestApp(options.address, 3000);
    stack.defer(() => guest.close());
    const supervisor = new Supervisor(directory);
    stack.defer(() => supervisor.stop());
    const port = await findFreePort();
    const start = { port, json: true, defaultLimits: false, microvm: false, guests: [guest] };
    const system = await startSystem({ ...start, stateDirectory: directory }, supervisor, () => {});
    await supervisor.end("connector");
    const configFile = join(directory, "connector", "config.json");
    const config = JSON.parse(await readFile(configFile, "utf8"));
    await writeFile(configFile, JSON.stringify({ ...config, limits: LIMITS }));
    const sockets = new ListeningSockets([]);
    stack.defer(() => sockets.close());
    const [descriptor] = options.isInherited ? await sockets.forVisitors(config.listen, 1) : [];
    const agent = new Agent({ connect: { lookup: lookupLoopback as never } });
    stack.defer(() => agent.destroy());
    const stage = new ReloadStage(options, configFile, system, agent, descriptor, stack.move());
    await stage.startConnector();
    return stage;
  }

  private constructor(
    options: ReloadStageOptions,
    configFile: string,
    system: SystemDescription,
    agent: Agent,
    listenDescriptor: number | undefined,
    stack: AsyncDisposableStack,
  ) {
    this.#options = options;
    this.configFile = configFile;
    this.system = system;
    this.#agent = agent;
    this.#listenDescriptor = listenDescriptor;
    this.#stack = stack;
  }

  async startConnector(): Promise<void> {
    const { program, workers } = this.#options;
    this.connector = await SupervisedConnector.start({
      program,
      configFile: this.configFile,
      workers,
      ...(this.#listenDescriptor !== undefined && { listenDescriptor: this.#listenDescriptor }),
    });
  }

  /** As `systemctl restart` does. */
  async restart(): Promise<void> {
    const status = await this.connector.stop();
    if (status !== 0) throw new Error(`the connector ended with ${status}: ${this.connector.log}`);
    await this.startConnector();
  }

  createLoad(requestsPerSecond: number, webSockets: number): SteadyLoad {
    return new SteadyLoad({
      requestsPerSecond,
      webSockets,
      request: () => this.#visit(),
      openWebSocket: () => this.openWebSocket(),
    });
  }

  openWebSocket(): WebSocket {
    return new WebSocket(this.system.previewUrl.replace(/^http/, "ws"), { lookup: lookupLoopback as never });
  }

  /** Requests a URL of the system. */
  fetch(url: string, options: Parameters<typeof request>[1] = {}): ReturnType<typeof request> {
    return request(url, { dispatcher: this.#agent, ...options });
  }

  async #visit(): Promise<boolean> {
    const { statusCode, headers, body } = await this.fetch(this.system.previewUrl);
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`status ${statusCode} ${headers["preview-error"]}`);
    return text === "guest GET /";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connector.kill();
    await this.#stack.disposeAsync();
  }
}
