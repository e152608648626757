import { once } from "node:events";
import * as net from "node:net";
import { expect } from "vitest";
import { type NodeMessage, NodeParser } from "../support/node-parser.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { destinationTo, type RunningRelay, startRelay } from "../support/start-relay.ts";

const CANARY = "/canary/";

/** No generated request has this Host. */
const OTHER_TENANT = "other-tenant";

/** Far above what a busy machine needs. */
const SETTLE_TIMEOUT_MS = 30_000;

/** The relay's own time limits would end an exchange that hangs, and pass for a refusal. */
const NEVER_MS = 3_600_000;

/** A guest that reads by Node's parser: what it cannot read, the relay should not have sent. */
export class FuzzGuest {
  readonly port: number;
  /** Complete requests of the hostile exchange. */
  seen: NodeMessage[] = [];
  /** The relay sent what Node's parser refuses. */
  errors: Error[] = [];
  /** What to do with a hostile exchange's request. */
  onHostile: (socket: net.Socket, message: NodeMessage) => void = (socket) =>
    socket.write(answerOf("hostile"));
  readonly #server: net.Server;
  readonly #tag: string;

  private constructor(server: net.Server, tag: string) {
    this.#server = server;
    this.#tag = tag;
    this.port = (server.address() as net.AddressInfo).port;
    server.on("connection", (socket) => this.#serve(socket));
  }

  static async start(tag: string): Promise<FuzzGuest> {
    const server = net.createServer({ noDelay: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new FuzzGuest(server, tag);
  }

  canaryAnswer(url: string): string {
    return answerOf(`${this.#tag}${url}`);
  }

  async close(): Promise<void> {
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(socket: net.Socket): void {
    const parser = new NodeParser("request", (message) => {
      if (message.url.startsWith(CANARY)) socket.write(this.canaryAnswer(message.url));
      else {
        this.seen.push(message);
        this.onHostile(socket, message);
      }
    });
    socket.on("data", (bytes) => {
      if (parser.feed(bytes).error === undefined) return;
      this.errors.push(parser.error!);
      socket.destroy();
    });
    socket.on("error", () => {});
  }
}

/** A relay with two tenants: the first one is hostile, or has hostile visitors. */
export class FuzzStage {
  readonly first: FuzzGuest;
  readonly second: FuzzGuest;
  readonly #running: RunningRelay;
  #canaries = 0;

  private constructor(first: FuzzGuest, second: FuzzGuest, running: RunningRelay) {
    this.first = first;
    this.second = second;
    this.#running = running;
  }

  static async start(): Promise<FuzzStage> {
    const first = await FuzzGuest.start("first");
    const second = await FuzzGuest.start("second");
    const destinations = [first, second].map(({ port }, index) =>
      destinationTo(port, { upstream: { guest: { sandboxId: `${index}` } } }),
    );
    const running = await startRelay(first.port, {
      limits: {
        requestHeadTimeoutMs: NEVER_MS,
        responseHeadTimeoutMs: NEVER_MS,
        bodyIdleTimeoutMs: NEVER_MS,
      },
      findDestination: (head) => destinations[head.field("host") === OTHER_TENANT ? 1 : 0]!,
    });
    return new FuzzStage(first, second, running);
  }

  visit(): RawPeer {
    return new RawPeer(this.#running.connect());
  }

  /** Nothing of an exchange stays behind. */
  async untilIdle(): Promise<void> {
    await expect
      .poll(() => this.#running.relay.stats(), { timeout: SETTLE_TIMEOUT_MS })
      .toMatchObject({ requests: 0, tunnels: 0 });
  }

  /** Either tenant answers exactly what it should, on a connection of its own. */
  async canaries(): Promise<void> {
    for (const [host, guest] of [
      ["first", this.first],
      [OTHER_TENANT, this.second],
    ] as const) {
      const url = `${CANARY}${++this.#canaries}`;
      const visitor = this.visit();
      visitor.send(`GET ${url} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      const got = await visitor.readToEnd();
      const expected = guest
        .canaryAnswer(url)
        .replace("\r\n\r\n", "\r\n")
        .replace(/(content-length: \d+\r\n)/, "x-robots-tag: noindex\r\n$1connection: close\r\n\r\n");
      visitor.socket.end();
      if (got !== expected)
        throw new Error(`canary of the ${host} tenant: ${JSON.stringify({ got, expected })}`);
    }
  }

  async close(): Promise<void> {
    await this.#running.close();
    await this.first.close();
    await this.second.close();
  }
}

function answerOf(body: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}
