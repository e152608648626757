import { once } from "node:events";
import * as net from "node:net";
import { expect } from "vitest";
import type { NodeMessage } from "../support/relay/node-parser.ts";
import { NodeParser } from "../support/relay/node-parser.ts";
import { RawPeer } from "../support/relay/raw-peer.ts";
import type { RunningRelay } from "../support/relay/start-relay.ts";
import { destinationTo, startRelay } from "../support/relay/start-relay.ts";

const CANARY = "/canary/";

/** No generated request has this Host. */
const OTHER_TENANT = "other-tenant";

/** Far above what the relay needs on a busy machine. */
const SETTLE_TIMEOUT_MS = 30_000;

/** The relay's own time limits would end an exchange that hangs, and the test would take that for a refusal. */
const NEVER_MS = 3_600_000;

/** A guest that reads with Node's parser. The relay must not send what that parser refuses. */
export class FuzzGuest {
  readonly port: number;
  /** Complete requests of the hostile exchange. */
  seen: NodeMessage[] = [];
  /** Why Node's parser refused what the relay sent. */
  errors: Error[] = [];
  /** Responds to the request of a hostile exchange. */
  onHostile: (socket: net.Socket, message: NodeMessage) => void = (socket) =>
    socket.write(responseOf("hostile"));
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

  canaryResponse(url: string): string {
    return responseOf(`${this.#tag}${url}`);
  }

  async close(): Promise<void> {
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(socket: net.Socket): void {
    const parser = new NodeParser("request", (message) => {
      if (message.url.startsWith(CANARY)) socket.write(this.canaryResponse(message.url));
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

/** A relay with two tenants. The first one is hostile, or has hostile visitors. */
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

  /** Waits until no exchange is open. */
  async untilIdle(): Promise<void> {
    await expect
      .poll(() => this.#running.relay.stats(), { timeout: SETTLE_TIMEOUT_MS })
      .toMatchObject({ requests: 0, tunnels: 0 });
  }

  /** Checks that each tenant's response to a plain request, on a new connection, is exactly its own. */
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
        .canaryResponse(url)
        .replace("\r\n\r\n", "\r\n")
        .replace(
          /(content-length: \d+\r\n)/,
          "x-robots-tag: noindex\r\ncloudflare-cdn-cache-control: no-store\r\n$1connection: close\r\n\r\n",
        );
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

function responseOf(body: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}
