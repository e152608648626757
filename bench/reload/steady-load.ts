import { setTimeout as pause } from "node:timers/promises";
import type WebSocket from "ws";

export interface SteadyLoadOptions {
  readonly requestsPerSecond: number;
  /** @throws where the request fails. @returns whether its response is the expected one */
  request(): Promise<boolean>;
  openWebSocket(): WebSocket;
  readonly webSockets: number;
}

/**
 * Where the machine is too slow for the load, each request that waits holds two descriptors of this process: without a bound
 * it fails with EMFILE, then the edge's process, and all that follows looks like failures of the connector.
 */
export const MAX_OPEN_REQUESTS = 2_000;

/** Requests at fixed moments, whatever becomes of those before, beside open WebSockets that echo. */
export class SteadyLoad {
  readonly #options: SteadyLoadOptions;
  readonly #sockets: WebSocket[] = [];
  readonly #open = new Set<Promise<void>>();
  /** What went wrong, for each request that did. */
  readonly failures: string[] = [];
  requests = 0;
  /** WebSockets that have closed. */
  dropped = 0;
  readonly closeCodes = new Set<number>();
  #slowestMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SteadyLoadOptions) {
    this.#options = options;
  }

  get slowestMs(): number {
    return this.#slowestMs;
  }

  /** Opens the WebSockets one after the other, then begins with the requests. */
  async start(): Promise<void> {
    for (let count = 0; count < this.#options.webSockets; count++) {
      const socket = this.#options.openWebSocket();
      await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
      socket.once("close", (code) => {
        this.dropped++;
        this.closeCodes.add(code);
      });
      socket.on("error", () => {});
      this.#sockets.push(socket);
    }
    const { requestsPerSecond } = this.#options;
    const startedMs = performance.now();
    let sent = 0;
    this.#timer = setInterval(() => {
      const due = ((performance.now() - startedMs) / 1000) * requestsPerSecond;
      for (; sent < due; sent++) this.#send();
    }, 5);
  }

  /** @returns how many of the WebSockets give back what they are sent */
  async countEchoes(): Promise<number> {
    const text = crypto.randomUUID();
    const echoes = this.#sockets.map((socket) => {
      if (socket.readyState !== socket.OPEN) return false;
      const echoed = new Promise<boolean>((resolve) => {
        socket.once("message", (data) => resolve(String(data) === text));
        socket.once("close", () => resolve(false));
      });
      socket.send(text);
      return Promise.race([echoed, pause(10_000, false, { ref: false })]);
    });
    return (await Promise.all(echoes)).filter(Boolean).length;
  }

  /** Waits for the requests that are under way, and closes the WebSockets. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
    for (const socket of this.#sockets) socket.removeAllListeners("close").terminate();
  }

  #send(): void {
    this.requests++;
    if (this.#open.size >= MAX_OPEN_REQUESTS) {
      this.failures.push(
        `not sent: ${MAX_OPEN_REQUESTS} requests wait, the machine is too slow for the load`,
      );
      return;
    }
    const done: Promise<void> = this.#sendOne().finally(() => this.#open.delete(done));
    this.#open.add(done);
  }

  async #sendOne(): Promise<void> {
    const startedMs = performance.now();
    try {
      if (!(await this.#options.request())) this.failures.push("unexpected response");
    } catch (error) {
      const { message, cause } = error as Error;
      this.failures.push(`${message} ${cause instanceof Error ? cause.message : ""}`);
    }
    this.#slowestMs = Math.max(this.#slowestMs, performance.now() - startedMs);
  }
}
