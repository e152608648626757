/** How often a port is probed that is watched, where nothing reports that it opens. */
export const PROBE_INTERVAL_MS = 250;

export interface PortProbe {
  /** Whether it may be open: false while an agent reports that nothing listens. */
  mayBeOpen(port: number): boolean;
  /** Whether a connection to it succeeds now. */
  isOpen(port: number): Promise<boolean>;
}

interface PortWatch {
  readonly listeners: Set<() => void>;
  probing: boolean;
}

/**
 * The ports of one guest of which somebody waits that they open. One probe serves all who wait for a port, and nothing
 * runs where nobody waits.
 */
export class PortWatches {
  readonly #probe: PortProbe;
  readonly #watches = new Map<number, PortWatch>();
  #timer: NodeJS.Timeout | undefined;

  constructor(probe: PortProbe) {
    this.#probe = probe;
  }

  /**
   * Calls `onOpen` once, and not before it returns, when a connection to the port succeeds.
   *
   * @returns a function that stops
   */
  watch(port: number, onOpen: () => void): () => void {
    const watch = this.#watches.get(port) ?? this.#add(port);
    // The same function may watch twice.
    const listener = (): void => onOpen();
    watch.listeners.add(listener);
    this.#check(port, watch);
    return () => {
      watch.listeners.delete(listener);
      if (watch.listeners.size === 0 && this.#watches.get(port) === watch) this.#remove(port);
    };
  }

  /** The ports that may be open have changed: probes them now. */
  check(): void {
    for (const [port, watch] of this.#watches) this.#check(port, watch);
  }

  /** The guest has ended: nobody is called any more. */
  end(): void {
    this.#watches.clear();
    clearInterval(this.#timer);
  }

  #add(port: number): PortWatch {
    if (this.#watches.size === 0) {
      this.#timer = setInterval(() => this.check(), PROBE_INTERVAL_MS);
      this.#timer.unref();
    }
    const added = { listeners: new Set<() => void>(), probing: false };
    this.#watches.set(port, added);
    return added;
  }

  #remove(port: number): void {
    this.#watches.delete(port);
    if (this.#watches.size === 0) clearInterval(this.#timer);
  }

  async #check(port: number, watch: PortWatch): Promise<void> {
    if (watch.probing || !this.#probe.mayBeOpen(port)) return;
    watch.probing = true;
    const isOpen = await this.#probe.isOpen(port);
    watch.probing = false;
    // It may have been given up meanwhile.
    if (!isOpen || this.#watches.get(port) !== watch) return;
    this.#remove(port);
    for (const listener of watch.listeners) listener();
  }
}
