import type { GuestConnection } from "./guest-connection.ts";
import type { Tunnel } from "./websocket/tunnel.ts";

/** Everything that is open towards one generation of one guest. */
export class GuestUse {
  /** Requests now open, those still dialling included. */
  requests = 0;
  readonly tunnels = new Set<Tunnel>();
  /** Idle ones included. */
  readonly connections = new Set<GuestConnection>();
  /** The guest is detached: nothing new may open. */
  closed = false;

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
