import type * as net from "node:net";
import type { Upstream } from "../../../connector/relay/relay.ts";
import { dialAddresses } from "../../../connector/relay/socket/dial-addresses.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { refuse } from "../../../shared/refusal/refusal.ts";

/** A guest's port on which nothing listens until the test opens it; it leads to a server on loopback from then on. */
export class ClosedPort {
  /** Dials so far. */
  dials = 0;
  readonly #serverPort: number;
  readonly #watchers = new Set<() => void>();
  #open = false;

  constructor(serverPort: number) {
    this.#serverPort = serverPort;
  }

  /** How many wait for it. */
  get watched(): number {
    return this.#watchers.size;
  }

  get upstream(): Partial<Upstream> {
    return {
      dial: () => this.#dial(),
      watch: (onOpen) => {
        const watcher = (): void => onOpen();
        this.#watchers.add(watcher);
        return () => this.#watchers.delete(watcher);
      },
    };
  }

  open(): void {
    this.#open = true;
    this.announce();
  }

  /** Calls all that wait, also where it is still closed. */
  announce(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  #dial(): Promise<net.Socket | Refusal> {
    this.dials++;
    if (this.#open) return dialAddresses([{ host: "127.0.0.1", port: this.#serverPort }], 2_000);
    return Promise.resolve(refuse("port_closed", { openPorts: [5173] }));
  }
}
