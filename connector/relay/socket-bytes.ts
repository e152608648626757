import type * as net from "node:net";

/** Bytes of visitors' connections. */
export interface ByteCounts {
  readonly fromVisitors: number;
  readonly toVisitors: number;
}

/**
 * Sums the counters that each socket has anyway: nothing is counted while bytes flow.
 */
export class SocketBytes {
  readonly #open = new Set<net.Socket>();
  #fromVisitors = 0;
  #toVisitors = 0;

  add(socket: net.Socket): void {
    this.#open.add(socket);
    socket.once("close", () => {
      this.#open.delete(socket);
      this.#fromVisitors += socket.bytesRead;
      this.#toVisitors += socket.bytesWritten;
    });
  }

  counts(): ByteCounts {
    let fromVisitors = this.#fromVisitors;
    let toVisitors = this.#toVisitors;
    for (const socket of this.#open) {
      fromVisitors += socket.bytesRead;
      toVisitors += socket.bytesWritten;
    }
    return { fromVisitors, toVisitors };
  }
}
