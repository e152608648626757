import type { PortChange } from "../shared/protocol/agent-protocol.ts";
import type { Listening } from "./kernel/open-listeners.ts";
import type { PortRegistry } from "./port-registry.ts";

/** With the time a scan takes, well within the 250 ms in which a change is told. */
const TICK_MS = 120;

/**
 * Scans take at most one part in this many of a core: the first while the number of sockets changes, the
 * second while it does not, when only one listener that took another's place can have gone unnoticed.
 */
const BUSY_SHARE = 4;
const IDLE_SHARE = 500;

export interface Kernel {
  /** Ports that listen now. */
  readonly listening: () => Listening;
  /** How many sockets there are; cheap. */
  readonly socketCount: () => string;
}

/** Keeps the registry true to the kernel: by a scan every so often, and by one at once when asked. */
export class PortWatch {
  readonly #registry: PortRegistry;
  readonly #kernel: Kernel;
  readonly #subscribers = new Set<(change: PortChange) => void>();
  #fresh: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #socketCount = "";
  #scannedAtMs = Number.NEGATIVE_INFINITY;
  #scanTookMs = 0;

  constructor(registry: PortRegistry, kernel: Kernel) {
    this.#registry = registry;
    this.#kernel = kernel;
  }

  start(): void {
    this.#scan();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Scans now. Those who ask before the scan begins share it; nobody is given one from before the question. */
  fresh(): Promise<void> {
    this.#fresh ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        this.#fresh = undefined;
        try {
          this.#scan();
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
    return this.#fresh;
  }

  /** @returns a function that ends the subscription */
  subscribe(subscriber: (change: PortChange) => void): () => void {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  #tick(): void {
    const share = this.#kernel.socketCount() === this.#socketCount ? IDLE_SHARE : BUSY_SHARE;
    if (performance.now() >= this.#scannedAtMs + this.#scanTookMs * share) this.#scan();
  }

  #scan(): void {
    const startMs = performance.now();
    // Counted before it is scanned: a socket opened in between makes the next tick scan again.
    this.#socketCount = this.#kernel.socketCount();
    const change = this.#registry.update(this.#kernel.listening());
    this.#scannedAtMs = performance.now();
    this.#scanTookMs = this.#scannedAtMs - startMs;
    if (change !== undefined) for (const subscriber of this.#subscribers) subscriber(change);
  }
}
