import { dirname, join } from "node:path";
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import { hostCallSocketOf } from "../host.ts";
import { assignDescriptors } from "./assign-descriptors.ts";
import type { Role } from "./child.ts";
import { Child } from "./child.ts";
import type { ListeningSockets } from "./listening-sockets.ts";
import type { ToChild } from "./messages.ts";

/** From its start until it has read its configuration; on a machine that is busy with the start of others. */
const PREPARE_TIMEOUT_MS = 30_000;
/** Ten thousand guests are loaded in that time, from a slow disk. */
const SERVE_TIMEOUT_MS = 60_000;
/** A host process responds to the calls that are under way before another takes its place: an attach waits 10 s. */
const YIELD_TIMEOUT_MS = 15_000;

const FIRST_RESPAWN_MS = 100;
const MAX_RESPAWN_MS = 10_000;
/** A child that lived for so long is replaced at once. */
const STABLE_AFTER_MS = 30_000;

export interface GenerationOptions {
  readonly number: number;
  readonly config: Config;
  readonly workers: number;
  readonly takesOver: boolean;
  readonly logLevel: string;
  readonly command: readonly string[];
  readonly sockets: ListeningSockets;
  readonly ticketKeys: () => Buffer;
  /** Relay workers of all generations, which join a host process that is started. */
  readonly countWorkers: () => number;
  readonly stalledAfterMs?: number;
  readonly log: Logger;
}

/** Unix socket on which a host process serves its workers. */
export function workerSocketOf({ controlSocket }: Pick<Config, "controlSocket">): string {
  return join(dirname(controlSocket), "workers.sock");
}

/** All processes that one start or reload has begun: a host process, and relay workers. */
export class Generation {
  readonly options: GenerationOptions;
  readonly #workers = new Set<Child>();
  /** The host process that serves, or is being started; absent where another generation has it. */
  #host: Child | undefined;
  #listening: readonly number[] = [];
  #local: readonly number[] = [];
  /** Its children are replaced when they end. */
  #isCurrent = false;
  #respawnMs = FIRST_RESPAWN_MS;

  constructor(options: GenerationOptions) {
    this.options = options;
  }

  get number(): number {
    return this.options.number;
  }

  get workers(): readonly Child[] {
    return [...this.#workers];
  }

  /**
   * Starts its processes, which read the configuration and change nothing.
   *
   * @throws {ChildError} {SocketError} and none of them is left
   */
  async prepare(): Promise<void> {
    const { config, workers, sockets } = this.options;
    try {
      const paths = [config.controlSocket, hostCallSocketOf(config), workerSocketOf(config)];
      this.#local = await Promise.all(paths.map((path) => sockets.forLocal(path)));
      this.#listening = await sockets.forVisitors(config.listen, workers);
      const host = this.#spawn("host", 0);
      this.#host = host;
      for (let worker = 0; worker < workers; worker++) this.#workers.add(this.#spawn("worker", worker));
      const children = [host, ...this.#workers];
      await Promise.all(children.map((child) => child.until("prepared", PREPARE_TIMEOUT_MS)));
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  /**
   * Serves, in the place of a former generation, which has yielded.
   *
   * @throws {ChildError} and none of its processes is left
   */
  async serve(): Promise<void> {
    try {
      if (this.#host !== undefined) await this.#serveHost(this.#host);
      await Promise.all([...this.#workers].map((worker) => this.#serveWorker(worker)));
    } catch (error) {
      await this.kill();
      throw error;
    }
    this.#isCurrent = true;
    if (this.#host !== undefined) this.#keep(this.#host);
    for (const worker of this.#workers) this.#keep(worker);
  }

  /** Its host process stops to serve; the workers go on. */
  async yieldHost(): Promise<void> {
    const host = this.#host;
    // From now on none is started: two host processes would each have a part of the workers and of the calls.
    this.#host = undefined;
    if (host === undefined || host.hasEnded) return;
    if (!host.has("serving")) {
      host.kill();
      return host.ended;
    }
    host.send({ type: "yield" });
    await host.until("yielded", YIELD_TIMEOUT_MS).catch((error: unknown) => {
      this.options.log.warn({ err: error }, "former host process ended hard");
      host.kill();
    });
    await host.ended;
  }

  /** A later generation could not take its place: it gets a host process again, now or as soon as that can start. */
  async resume(): Promise<void> {
    this.#host = this.#spawn("host", 0);
    await this.#startHost(this.#host);
  }

  /** @returns a promise that resolves when no process is left */
  async retire(): Promise<void> {
    await this.#endWorkers({ type: "retire" });
  }

  /** @returns as `retire` */
  async drain(isQueued: boolean): Promise<void> {
    await this.#endWorkers({ type: "drain", isQueued });
  }

  async kill(): Promise<void> {
    this.#isCurrent = false;
    const children = [...this.#workers, ...(this.#host === undefined ? [] : [this.#host])];
    for (const child of children) child.kill();
    await Promise.all(children.map((child) => child.ended));
    this.#workers.clear();
  }

  sendTicketKeys(): void {
    for (const worker of this.#workers) this.#sendTicketKeysTo(worker);
  }

  async #endWorkers(how: ToChild): Promise<void> {
    this.#isCurrent = false;
    const workers = [...this.#workers];
    for (const worker of workers) {
      if (worker.has("prepared")) worker.send(how);
      // It has nothing open, and would begin to accept.
      else worker.kill();
    }
    await Promise.all(workers.map((worker) => worker.ended));
  }

  #sendTicketKeysTo(worker: Child): void {
    worker.send({ type: "ticketKeys", keys: this.options.ticketKeys().toString("base64") });
  }

  async #serveWorker(worker: Child): Promise<void> {
    this.#sendTicketKeysTo(worker);
    worker.send({ type: "serve", expectedWorkers: 0 });
    await worker.until("serving", SERVE_TIMEOUT_MS);
  }

  #spawn(role: Role, worker: number): Child {
    const { number: generation, config, workers, takesOver, logLevel, command, log } = this.options;
    const { stalledAfterMs } = this.options;
    const descriptors =
      role === "host" ? this.#local : (assignDescriptors(this.#listening, workers)[worker] ?? []);
    const start = { config, generation, worker, workers, takesOver, logLevel };
    const onStalled = ({ pid }: Child): void => log.error({ role, worker, pid }, "stands still: killed");
    const watch = { onStalled, ...(stalledAfterMs !== undefined && { stalledAfterMs }) };
    const child = new Child({ role, command, descriptors, start, ...watch });
    void child.ended.then(() => this.#workers.delete(child));
    return child;
  }

  /** Replaces a child that ends: at once, and later where its successors end soon, too. */
  #keep(child: Child): void {
    void child.ended.then(() => {
      if (!this.#isToBeReplaced(child)) return;
      if (performance.now() - child.startedMs >= STABLE_AFTER_MS) this.#respawnMs = FIRST_RESPAWN_MS;
      const { role, worker, pid } = child;
      this.options.log.error(
        { role, worker, pid, respawnInMs: this.#respawnMs },
        "process ended: replacing it",
      );
      setTimeout(() => void this.#replace(child), this.#respawnMs);
      this.#respawnMs = Math.min(this.#respawnMs * 2, MAX_RESPAWN_MS);
    });
  }

  #isToBeReplaced(child: Child): boolean {
    return this.#isCurrent && (child.role === "worker" || this.#host === child);
  }

  async #replace(former: Child): Promise<void> {
    if (!this.#isToBeReplaced(former)) return;
    const { role, worker } = former;
    let child: Child;
    try {
      child = this.#spawn(role, worker);
    } catch (error) {
      this.options.log.error({ role, err: error }, "process not replaced");
      return this.#keep(former);
    }
    if (role === "host") {
      this.#host = child;
      await this.#startHost(child);
    } else {
      this.#workers.add(child);
      await this.#startWorker(child);
    }
  }

  async #startHost(host: Child): Promise<void> {
    await this.#start(host, async () => this.#serveHost(host));
  }

  async #startWorker(worker: Child): Promise<void> {
    await this.#start(worker, async () => {
      // Another generation accepts meanwhile.
      if (this.#isCurrent) await this.#serveWorker(worker);
      else worker.kill();
    });
  }

  async #start(child: Child, serve: () => Promise<void>): Promise<void> {
    try {
      await child.until("prepared", PREPARE_TIMEOUT_MS);
      await serve();
    } catch (error) {
      child.kill();
      if (this.#isToBeReplaced(child))
        this.options.log.error({ role: child.role, err: error }, "process not replaced");
    }
    this.#keep(child);
  }

  async #serveHost(host: Child): Promise<void> {
    host.send({ type: "serve", expectedWorkers: this.options.countWorkers() });
    await host.until("serving", SERVE_TIMEOUT_MS);
  }
}
