import { dirname, join } from "node:path";
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import { hostCallSocketOf } from "../host.ts";
import { assignDescriptors } from "./assign-descriptors.ts";
import type { Role } from "./child.ts";
import { Child } from "./child.ts";
import type { ListeningSockets } from "./listening-sockets.ts";

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
  readonly log: Logger;
}

/** Unix socket on which a host process serves its workers. */
export function workerSocketOf({ controlSocket }: Pick<Config, "controlSocket">): string {
  return join(dirname(controlSocket), "workers.sock");
}

/** All processes that one start or reload has begun: a host process, and relay workers. */
export class Generation {
  readonly options: GenerationOptions;
  readonly retiredSinceMs: number | undefined = undefined;
  readonly #workers = new Set<Child>();
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
   * @param expectedWorkers of former generations, which join the host process
   * @throws {ChildError} and none of its processes is left
   */
  async serve(expectedWorkers: number): Promise<void> {
    try {
      this.#host?.send({ type: "serve", expectedWorkers });
      await this.#host?.until("serving", SERVE_TIMEOUT_MS);
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
    if (host === undefined || host.hasEnded) return;
    this.#host = undefined;
    host.send({ type: "yield" });
    await host.until("yielded", YIELD_TIMEOUT_MS).catch((error: unknown) => {
      this.options.log.warn({ err: error }, "former host process ended hard");
      host.kill();
    });
    await host.ended;
  }

  /** A later generation could not take its place: it gets a host process again. */
  async resume(): Promise<void> {
    this.#host = await this.#startHost();
    this.#keep(this.#host);
  }

  /** @returns a promise that resolves when no process is left */
  async retire(): Promise<void> {
    this.#isCurrent = false;
    for (const worker of this.#workers) worker.send({ type: "retire" });
    await this.#untilWorkersEnded();
  }

  /** @returns as `retire` */
  async drain(isQueued: boolean): Promise<void> {
    this.#isCurrent = false;
    for (const worker of this.#workers) worker.send({ type: "drain", isQueued });
    await this.#untilWorkersEnded();
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

  async #untilWorkersEnded(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.ended));
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
    const descriptors =
      role === "host" ? this.#local : (assignDescriptors(this.#listening, workers)[worker] ?? []);
    const start = { config, generation, worker, workers, takesOver, logLevel };
    const onStalled = ({ pid }: Child): void => log.error({ role, worker, pid }, "stands still: killed");
    const child = new Child({ role, command, descriptors, start, onStalled });
    void child.ended.then(() => this.#workers.delete(child));
    return child;
  }

  /** Replaces a child that ends: at once, and later where its successors end soon, too. */
  #keep(child: Child): void {
    void child.ended.then(() => {
      if (!this.#isCurrent || (child.role === "host" && this.#host !== child)) return;
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

  async #replace(former: Child): Promise<void> {
    if (!this.#isCurrent) return;
    let child: Child | undefined;
    try {
      if (former.role === "host") {
        child = await this.#startHost();
        this.#host = child;
      } else {
        child = this.#spawn("worker", former.worker);
        this.#workers.add(child);
        await child.until("prepared", PREPARE_TIMEOUT_MS);
        await this.#serveWorker(child);
      }
      this.#keep(child);
    } catch (error) {
      child?.kill();
      this.options.log.error({ role: former.role, err: error }, "process not replaced");
      this.#keep(child ?? former);
    }
  }

  async #startHost(): Promise<Child> {
    const host = this.#spawn("host", 0);
    try {
      await host.until("prepared", PREPARE_TIMEOUT_MS);
      host.send({ type: "serve", expectedWorkers: this.#workers.size });
      await host.until("serving", SERVE_TIMEOUT_MS);
      return host;
    } catch (error) {
      host.kill();
      throw error;
    }
  }
}
