import type * as net from "node:net";
import { WAIT_HEADER } from "../../../shared/protocol/headers.ts";
import { NEVER_CACHED } from "../policy/never-cached.ts";

/**
 * `open`: something listens on the port. `timeout`: nothing did for as long as a stream may last. A stream that ends
 * without an event is to be asked for again.
 */
export type WaitEvent = "open" | "timeout";

/** `no-transform`: a proxy that compresses the stream would keep its events back. */
const FIELDS = `content-type: text/event-stream\r\ncache-control: no-store, no-transform\r\n${WAIT_HEADER}: 1\r\nx-robots-tag: noindex\r\n`;

/** The response to the page that waits for a port: one stream of server-sent events. */
export class WaitStream {
  readonly #socket: net.Socket;
  readonly #chunked: boolean;

  /** @param minor of the request's HTTP/1.x; a client of HTTP/1.0 sees the end of the stream by that of the connection */
  constructor(socket: net.Socket, minor: number) {
    this.#socket = socket;
    this.#chunked = minor === 1;
  }

  /** Sends the head, and a comment with it: a proxy may keep a head back until the body begins. */
  begin(keepAlive: boolean): void {
    const framing = this.#chunked ? "transfer-encoding: chunked\r\n" : "";
    const connection = keepAlive ? "" : "connection: close\r\n";
    this.#socket.write(`HTTP/1.1 200 OK\r\n${FIELDS}${NEVER_CACHED}${framing}${connection}\r\n`, "latin1");
    this.keepAlive();
  }

  keepAlive(): void {
    this.#send(": waiting\n\n");
  }

  /** @param event `undefined` where the visitor is to ask again */
  end(event: WaitEvent | undefined): void {
    if (event !== undefined) this.#send(`event: ${event}\ndata: \n\n`);
    if (this.#chunked) this.#socket.write("0\r\n\r\n", "latin1");
  }

  #send(text: string): void {
    this.#socket.write(this.#chunked ? `${text.length.toString(16)}\r\n${text}\r\n` : text, "latin1");
  }
}
