import type { Logger } from "pino";
import { hostCallSocketOf } from "../host.ts";
import { rotateTicketKeys } from "../tls/ticket-keys.ts";
import { Generation, workerSocketOf } from "./generation.ts";
import { ListeningSockets } from "./listening-sockets.ts";
import type { Plan } from "./messages.ts";

/** How long a former generation keeps its WebSockets. */
export const MAX_RETIRED_MS = 12 * 3_600_000;

/** The one that was retired first is drained to make room for another. */
export const MAX_FORMER_GENERATIONS = 4;

/** With an inherited socket a stop takes 5 s for requests; then, whatever is left ends. */
const QUEUED_STOP_MS = 9_000;
/** A drain's hard stop, and a little more. */
const STOP_MS = 63_000;

/** A host process that stops responds to its last calls. */
const HOST_STOP_MS = 3_000;

export interface SupervisorOptions {
  /** The program that children run, and its options that come first. */
  readonly command: readonly string[];
  readonly inherited: readonly number[];
  readonly takesOver: boolean;
  readonly logLevel: string;
  readonly chooseWorkers: () => number;
  /** Reads the configuration by the code that is on the disk now. */
  readonly readPlan: () => Promise<Plan>;
  readonly log: Logger;
  readonly stalledAfterMs?: number;
}

/**
 * Holds the listening sockets and its children, and parses nothing that comes from outside: so it lives as long as the
 * connector does, while all that may crash or be replaced runs in its children.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #sockets: ListeningSockets;
  readonly #former = new Set<Generation>();
  readonly #stopTicketKeys: () => void;
  #ticketKeys: Buffer = Buffer.alloc(0);
  #current: Generation | undefined;
  #lastNumber = 0;
  #reloading: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#sockets = new ListeningSockets(options.inherited);
    this.#stopTicketKeys = rotateTicketKeys((keys) => {
      this.#ticketKeys = keys;
      this.#current?.sendTicketKeys();
    });
  }

  /** Process ids of the current generation's relay workers. */
  get workerPids(): readonly number[] {
    return this.#current?.workers.flatMap(({ pid }) => pid ?? []) ?? [];
  }

  /** Former generations that still have something open. */
  get formerCount(): number {
    return this.#former.size;
  }

  get generation(): number {
    return this.#current?.number ?? 0;
  }

  /** @throws {Error} whose message is for the operator; nothing is left */
  async start(): Promise<void> {
    try {
      const generation = await this.#prepare();
      await generation.serve();
      this.#current = generation;
    } catch (error) {
      this.#close();
      throw error;
    }
    this.#report("ready");
  }

  /**
   * Starts a generation from the code and the configuration that are on the disk now, and retires the one that serves.
   *
   * @throws {Error} whose message is for the operator; the one that served serves on
   */
  async reload(): Promise<void> {
    if (this.#stopping !== undefined) throw new Error("the connector stops");
    // A reload that is asked for while another one is under way may be for a later configuration.
    const before = this.#reloading ?? Promise.resolve();
    const reloading = before.catch(() => {}).then(() => this.#reloadNow());
    this.#reloading = reloading;
    await reloading;
  }

  /** Finishes what is open, and ends all children. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopNow();
    return this.#stopping;
  }

  async #reloadNow(): Promise<void> {
    const former = this.#current;
    if (former === undefined || this.#stopping !== undefined) return;
    let current = former;
    try {
      const generation = await this.#prepare();
      await former.yieldHost();
      try {
        await generation.serve();
      } catch (error) {
        await former.resume();
        throw error;
      }
      current = generation;
      this.#current = generation;
      this.#retire(former);
    } finally {
      this.#keepSockets(current);
    }
    this.#report("reloaded");
  }

  #keepSockets({ options: { config } }: Generation): void {
    const paths = [config.controlSocket, hostCallSocketOf(config), workerSocketOf(config)];
    this.#sockets.keepOnly(config.listen, paths);
  }

  async #prepare(): Promise<Generation> {
    const { command, takesOver, logLevel, chooseWorkers, readPlan, log, stalledAfterMs } = this.#options;
    const { config } = await readPlan();
    const generation = new Generation({
      number: ++this.#lastNumber,
      config,
      workers: chooseWorkers(),
      // Only where the connector starts: later host processes of the same instance are no strangers to the edge.
      takesOver: takesOver && this.#current === undefined,
      logLevel,
      command,
      sockets: this.#sockets,
      ticketKeys: () => this.#ticketKeys,
      countWorkers: () => this.#generations().flatMap(({ workers }) => workers).length,
      ...(stalledAfterMs !== undefined && { stalledAfterMs }),
      log,
    });
    await generation.prepare();
    return generation;
  }

  #retire(former: Generation): void {
    this.#former.add(former);
    const { log } = this.#options;
    const timer = setTimeout(() => {
      log.warn({ generation: former.number }, "former generation is drained: it has had its time");
      void former.drain(true);
    }, MAX_RETIRED_MS);
    timer.unref();
    void former.retire().then(() => {
      clearTimeout(timer);
      this.#former.delete(former);
      log.info({ generation: former.number }, "former generation ended");
    });
    const [oldest] = this.#former;
    if (this.#former.size <= MAX_FORMER_GENERATIONS || oldest === undefined) return;
    log.warn({ generation: oldest.number }, "former generation is drained: there are too many");
    // At once forgotten: another reload must not wait for it.
    this.#former.delete(oldest);
    void oldest.drain(true);
  }

  async #stopNow(): Promise<void> {
    await this.#reloading?.catch(() => {});
    const isQueued = this.#sockets.areInherited;
    const generations = this.#generations();
    this.#options.log.info({ isQueued }, "draining");
    // Only the workers know when they accept no more; a connection must not wait for this process then.
    if (!isQueued) this.#sockets.closeListening();
    const drained = generations.map((generation) =>
      generation.drain(isQueued || generation !== this.#current),
    );
    await within(isQueued ? QUEUED_STOP_MS : STOP_MS, Promise.all(drained));
    const yielded = this.#current?.yieldHost() ?? Promise.resolve();
    await within(HOST_STOP_MS, yielded);
    await Promise.all(generations.map((generation) => generation.kill()));
    this.#close();
  }

  #generations(): Generation[] {
    return [...this.#former, ...(this.#current === undefined ? [] : [this.#current])];
  }

  #close(): void {
    this.#stopTicketKeys();
    this.#sockets.close();
  }

  #report(what: string): void {
    const { number, workers } = { number: this.generation, workers: this.workerPids.length };
    this.#options.log.info({ generation: number, workers, former: this.#former.size }, what);
  }
}

async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([promise, over]);
  clearTimeout(timer);
}
