import { createHash } from "node:crypto";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";

export interface GuestApp {
  readonly host: string;
  readonly port: number;
  /** Bodies and targets of requests so far. */
  readonly seen: readonly {
    readonly method: string;
    readonly url: string;
    readonly headers: http.IncomingHttpHeaders;
  }[];
  /** Writes to every open event stream. */
  sendEvent(data: string): void;
  close(): Promise<void>;
}

/** 1 MiB of bytes that do not compress and do repeat, so that any length of them has a known hash. */
const BLOCK = createHash("shake256", { outputLength: 1024 * 1024 })
  .update("block")
  .digest();

/** Hash of what `/bytes?mib=n` sends. */
export function hashOfBytes(mib: number): string {
  const hash = createHash("sha256");
  for (let index = 0; index < mib; index++) hash.update(BLOCK);
  return hash.digest("hex");
}

export function blockOfBytes(): Buffer {
  return BLOCK;
}

/** Lets a visitor open and close further listeners: `POST /listen?host=&port=`, `POST /close?port=`. */
export interface ListenerControl {
  listen(host: string, port: number): Promise<string>;
  close(port: number): Promise<string>;
}

/** An ordinary server in a guest, of node:http and ws, with nothing made for previews. `tag` is in its responses. */
export async function startGuestApp(
  host: string,
  port: number,
  tag = "guest",
  control?: ListenerControl,
): Promise<GuestApp> {
  const seen: { method: string; url: string; headers: http.IncomingHttpHeaders }[] = [];
  const streams = new Set<http.ServerResponse>();
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://guest");
    seen.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers });
    if (url.pathname === "/bytes") sendBytes(response, Number(url.searchParams.get("mib")));
    else if (url.pathname === "/hash") hashBody(request, response);
    else if (url.pathname === "/events") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      streams.add(response);
      response.on("close", () => streams.delete(response));
    } else if (url.pathname === "/ticks") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const timer = setInterval(() => response.write(`data: ${Date.now()}\n\n`), 50);
      response.on("close", () => clearInterval(timer));
    } else if (url.pathname === "/listen" && control !== undefined) {
      const { host: on = "::", port: wanted } = Object.fromEntries(url.searchParams);
      control.listen(on, Number(wanted)).then((text) => response.end(text));
    } else if (url.pathname === "/close" && control !== undefined) {
      control.close(Number(url.searchParams.get("port"))).then((text) => response.end(text));
    } else if (url.pathname === "/echo") {
      response.writeHead(200, {
        "content-type": request.headers["content-type"] ?? "application/octet-stream",
      });
      request.pipe(response);
    } else {
      response.setHeader("x-tag", tag);
      response.end(`${tag} ${request.method} ${request.url}`);
    }
  });
  const sockets = new WebSocketServer({ server, handleProtocols: (offered) => [...offered].at(-1) ?? false });
  sockets.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return {
    host,
    port: (server.address() as AddressInfo).port,
    seen,
    sendEvent(data) {
      for (const stream of streams) stream.write(`data: ${data}\n\n`);
    },
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function sendBytes(response: http.ServerResponse, mib: number): Promise<void> {
  response.writeHead(200, { "content-length": mib * BLOCK.length });
  for (let index = 0; index < mib; index++) {
    if (!response.write(BLOCK)) await new Promise((resolve) => response.once("drain", resolve));
  }
  response.end();
}

function hashBody(request: http.IncomingMessage, response: http.ServerResponse): void {
  const hash = createHash("sha256");
  request.on("data", (chunk: Buffer) => hash.update(chunk));
  request.on("end", () => response.end(hash.digest("hex")));
}
