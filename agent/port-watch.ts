import type { PortChange } from "../shared/protocol/agent-protocol.ts";
import type { ListeningPorts } from "./kernel/open-listeners.ts";
import type { PortRegistry } from "./port-registry.ts";

/** With the time of a scan, well within the 250 ms in which a change is reported. */
const TICK_MS = 120;

/**
 * Scans take at most one part in this many of a core. The first holds while the number of sockets changes. The second
 * holds while it stays the same, when a scan can find only a listener that has replaced another.
 */
const BUSY_SHARE = 4;
const IDLE_SHARE = 500;

export interface Kernel {
  /** Ports that listen now. */
  readonly listening: () => ListeningPorts;
  /** The number of sockets; cheap to read. */
  readonly socketCount: () => string;
}

/** Updates the registry from the kernel: by scans at intervals, and by a scan at once where one is asked for. */
export class PortWatch {
  readonly #registry: PortRegistry;
  readonly #kernel: Kernel;
  readonly #subscribers = new Set<(change: PortChange) => void>();
  #nextScan: Promise<void> | undefined;
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

  /** Scans after the call. Calls before the scan begins share it; no call gets the result of an earlier scan. */
  scanNow(): Promise<void> {
    this.#nextScan ??= new Promise((resolve, reject) => {
      setImmediate(() => {
        this.#nextScan = undefined;
        try {
          this.#scan();
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
    return this.#nextScan;
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
