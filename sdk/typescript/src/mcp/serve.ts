import * as http from "node:http";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { Client } from "../client.ts";
import { createMcpServer } from "./create-mcp-server.ts";

const LOOPBACK = "127.0.0.1";
const PATH = "/mcp";
const MAX_BODY_BYTES = 1024 * 1024;

/** Serves one agent on standard input and output, until it leaves. */
export async function serveStdio(client: Client, version: string, signal: AbortSignal): Promise<void> {
  const server = createMcpServer(client, version);
  const closed = new Promise<void>((resolve) => {
    server.server.onclose = resolve;
    process.stdin.once("end", resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await server.connect(new StdioServerTransport());
  await closed;
  await server.close();
}

/**
 * Serves the agents of this machine by streamable HTTP, without sessions, until the signal aborts.
 *
 * A web page can send requests here, also by a name that it makes lead to this machine. So only requests without an
 * `Origin` and with this machine's own name in `Host` are served.
 *
 * @returns the URL
 */
export async function serveHttp(
  client: Client,
  version: string,
  port: number,
  signal: AbortSignal,
): Promise<string> {
  const server = http.createServer((request, response) => {
    respond(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });

  async function respond(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { host, origin } = request.headers;
    if (origin !== undefined || !(host === `${LOOPBACK}:${port}` || host === `localhost:${port}`)) {
      response.writeHead(403).end("Only programs of this machine are served.");
      return;
    }
    if (request.url !== PATH) return void response.writeHead(404).end();
    if (request.method !== "POST") return void response.writeHead(405, { allow: "POST" }).end();
    const body = await readJson(request);
    if (body === undefined) return void response.writeHead(400).end("The body is not JSON of at most 1 MiB.");
    const mcp = createMcpServer(client, version);
    // Without a session id, each request is complete by itself.
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    response.once("close", () => mcp.close());
    await mcp.connect(transport as never);
    await transport.handleRequest(request, response, body);
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, LOOPBACK, resolve);
  });
  signal.addEventListener("abort", () => {
    server.close();
    server.closeAllConnections();
  });
  return `http://${LOOPBACK}:${port}${PATH}`;
}

async function readJson(request: http.IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > MAX_BODY_BYTES) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
