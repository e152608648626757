import { once } from "node:events";
import type * as http from "node:http";
import * as net from "node:net";
import * as tls from "node:tls";
import { parseRawFields, RawPeer } from "./raw-peer.ts";

/** A request's head as the guest got it, on its connection. */
export class RawRequest {
  readonly peer: RawPeer;
  readonly head: string;
  readonly fields: ReadonlyMap<string, string>;
  readonly #readNext: () => void;

  constructor(peer: RawPeer, head: string, readNext: () => void) {
    this.peer = peer;
    this.head = head;
    this.fields = parseRawFields(head);
    this.#readNext = readNext;
  }

  /** Sends the end of the response; what comes next on the connection is the next request. */
  respond(text: string | Buffer): void {
    this.peer.send(text);
    this.#readNext();
  }
}

/** A guest's server whose responses the test writes byte by byte. */
export class RawGuest {
  readonly port: number;
  /** Connections accepted so far. */
  connections = 0;
  /** Request heads received so far. */
  received = 0;
  readonly #server: net.Server;
  readonly #peers = new Set<RawPeer>();
  /** The sockets below TLS, also those on which no handshake has come. */
  readonly #transports = new Map<number | undefined, net.Socket>();
  readonly #heads: RawRequest[] = [];
  readonly #readers: ((request: RawRequest) => void)[] = [];
  #substitute: http.Server | undefined;

  private constructor(server: net.Server) {
    this.#server = server;
    this.port = (server.address() as net.AddressInfo).port;
    if (server instanceof tls.Server) {
      server.on("connection", (socket) => this.#transports.set(socket.remotePort, socket));
      server.on("secureConnection", (socket) =>
        this.#accept(socket, this.#transports.get(socket.remotePort)),
      );
    } else server.on("connection", (socket) => this.#accept(socket));
  }

  /** @param certificate for a server that speaks TLS */
  static async start(port = 0, certificate?: { cert: string; key: string }): Promise<RawGuest> {
    const options = { allowHalfOpen: true, noDelay: true };
    const server =
      certificate === undefined
        ? net.createServer(options)
        : tls.createServer({ ...options, ...certificate, ALPNProtocols: ["http/1.1"] });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return new RawGuest(server);
  }

  /** The next request, on any connection. */
  nextRequest(): Promise<RawRequest> {
    const request = this.#heads.shift();
    if (request !== undefined) return Promise.resolve(request);
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  /** Gives new connections to another server, until `reset`. */
  substitute(server: http.Server): void {
    this.#substitute = server;
  }

  /** Ends every connection, and waits until the other side has ended it too: the next request finds none to reuse. */
  async reset(): Promise<void> {
    this.#substitute = undefined;
    this.#heads.length = 0;
    this.#readers.length = 0;
    await Promise.all(
      [...this.#peers].map((peer) => {
        peer.socket.end();
        return peer.closed();
      }),
    );
  }

  async close(): Promise<void> {
    for (const { socket } of this.#peers) socket.destroy();
    for (const transport of this.#transports.values()) transport.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(socket: net.Socket, transport?: net.Socket): void {
    this.connections++;
    if (this.#substitute !== undefined) {
      this.#substitute.emit("connection", socket);
      return;
    }
    const peer = new RawPeer(socket, transport);
    this.#peers.add(peer);
    socket.on("close", () => this.#peers.delete(peer));
    this.#readNext(peer);
  }

  #readNext(peer: RawPeer): void {
    peer.readHead().then(
      (head) => this.#deliver(new RawRequest(peer, head, () => this.#readNext(peer))),
      () => {
        // The connection ended between two requests.
      },
    );
  }

  #deliver(request: RawRequest): void {
    this.received++;
    const reader = this.#readers.shift();
    if (reader === undefined) this.#heads.push(request);
    else reader(request);
  }
}
