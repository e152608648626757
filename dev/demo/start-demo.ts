import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import * as http from "node:http";
import { WebSocketServer } from "ws";

const TICK_MS = 1000;

/** Serves a small app for a preview URL: a page, a WebSocket echo, an event stream and an upload form. */
export async function startDemo(host: string, port: number): Promise<http.Server> {
  const page = await readFile(new URL("page.html", import.meta.url));
  const server = http.createServer((request, response) => {
    const path = request.url?.split("?")[0];
    if (path === "/") response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
    else if (path === "/events") streamEvents(response);
    else if (path === "/upload" && request.method === "POST") receiveUpload(request, response);
    else if (path === "/headers")
      respondJson(response, { method: request.method, url: request.url, headers: request.headers });
    else respondJson(response, { error: "the demo has no such page" }, 404);
  });
  new WebSocketServer({ server, path: "/echo" }).on("connection", (socket) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on("error", () => socket.terminate());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return server;
}

function streamEvents(response: http.ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  const tick = (): void => {
    response.write(`data: ${new Date().toISOString()}\n\n`);
  };
  tick();
  const timer = setInterval(tick, TICK_MS);
  response.on("close", () => clearInterval(timer));
}

function receiveUpload(request: http.IncomingMessage, response: http.ServerResponse): void {
  const hash = createHash("sha256");
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    hash.update(chunk);
    bytes += chunk.length;
  });
  request.on("end", () => respondJson(response, { bytes, sha256: hash.digest("hex") }));
}

function respondJson(response: http.ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
