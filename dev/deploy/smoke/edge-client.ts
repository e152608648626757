import { lookup } from "node:dns";
import type { Dispatcher } from "undici";
import { Agent, request } from "undici";
import WebSocket from "ws";

export interface Reply {
  readonly status: number;
  /** The code of a refusal of ours; absent where the app has responded. */
  readonly refusal: string | undefined;
  readonly text: string;
}

const TIMEOUT_MS = 20_000;
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Sends requests to an edge as visitors and callers do. */
export class EdgeClient {
  readonly #agent: Agent;
  readonly #lookup: typeof lookup;

  /** @param address where every name is reached, instead of where it resolves to: for an edge on this machine */
  constructor(address?: string) {
    this.#lookup = address === undefined ? lookup : resolveTo(address);
    this.#agent = new Agent({ connect: { lookup: this.#lookup }, maxResponseSize: MAX_BODY_BYTES });
  }

  async get(url: string, headers: Record<string, string> = {}): Promise<Reply> {
    return this.#send(url, { method: "GET", headers });
  }

  async call(
    method: "GET" | "POST" | "PUT" | "DELETE",
    url: string,
    token: string,
    body?: unknown,
  ): Promise<Reply> {
    return this.#send(url, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  /** Opens a WebSocket and closes it. @throws {Error} with the status of a response that is no upgrade */
  openWebSocket(url: string, protocols: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url.replace(/^http/, "ws"), [...protocols], {
        lookup: this.#lookup,
        handshakeTimeout: TIMEOUT_MS,
      });
      socket.once("open", () => {
        socket.close();
        resolve();
      });
      socket.once("unexpected-response", (_request, response) => {
        response.resume();
        const code = response.headers["preview-error"];
        reject(new Error(`${response.statusCode}${code === undefined ? " by the app" : ` ${code}`}`));
        socket.terminate();
      });
      socket.on("error", reject);
    });
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  async #send(url: string, options: Omit<Dispatcher.RequestOptions, "path" | "origin">): Promise<Reply> {
    const { statusCode, headers, body } = await request(url, {
      ...options,
      dispatcher: this.#agent,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
    const refusal = headers["preview-error"];
    return {
      status: statusCode,
      refusal: Array.isArray(refusal) ? refusal[0] : refusal,
      text: await body.text(),
    };
  }
}

function resolveTo(address: string): typeof lookup {
  const family = address.includes(":") ? 6 : 4;
  return ((_name: string, options: { all?: boolean }, done: (...values: unknown[]) => void) =>
    options.all
      ? done(null, [{ address, family }])
      : done(null, address, family)) as unknown as typeof lookup;
}
