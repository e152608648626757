import type { GuestConnection } from "../guest-connection.ts";
import type { Tunnel } from "../websocket/tunnel.ts";

/** What one link, or one client under a public hostname, has open towards a guest. */
export interface HolderUse {
  requests: number;
  tunnels: number;
}

/** What all guests of one workspace have open. */
export interface WorkspaceUse {
  /** Requests and tunnels. */
  streams: number;
  /** Guests that are counted here. */
  guests: number;
}

/** Everything that is open towards one generation of one guest. */
export class GuestUse {
  /** Requests now open, those still dialling included. */
  requests = 0;
  readonly tunnels = new Set<Tunnel>();
  /** Idle ones included. */
  readonly connections = new Set<GuestConnection>();
  readonly workspace: WorkspaceUse;
  /** The guest is detached: nothing new may open. */
  closed = false;
  readonly #holders = new Map<string, HolderUse>();
  /** Found last: requests of one holder mostly follow each other. */
  #lastHolder: string | undefined = undefined;
  #lastUse: HolderUse | undefined = undefined;

  constructor(workspace: WorkspaceUse) {
    this.workspace = workspace;
  }

  /** @param holder see `findHolder` */
  holder(holder: string): HolderUse {
    if (this.#lastUse !== undefined && holder === this.#lastHolder) return this.#lastUse;
    let use = this.#holders.get(holder);
    if (use === undefined) {
      use = { requests: 0, tunnels: 0 };
      this.#holders.set(holder, use);
    }
    this.#lastHolder = holder;
    this.#lastUse = use;
    return use;
  }

  /** Forgets holders that have nothing open; at each sweep, since most of them come again at once. */
  forgetIdleHolders(): void {
    this.#lastUse = undefined;
    for (const [holder, { requests, tunnels }] of this.#holders)
      if (requests === 0 && tunnels === 0) this.#holders.delete(holder);
  }

  /** Ends all of it at once. */
  close(): void {
    this.closed = true;
    for (const tunnel of this.tunnels) tunnel.destroy();
    for (const connection of this.connections) connection.socket.destroy();
  }

  isEmpty(): boolean {
    return this.requests === 0 && this.tunnels.size === 0 && this.connections.size === 0;
  }
}
