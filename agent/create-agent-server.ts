import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { AgentHealth } from "../shared/protocol/agent-protocol.ts";
import {
  AGENT_HEALTH_PATH,
  AGENT_PORT_STREAM_PATH,
  AGENT_PORTS_PATH,
  MAX_AGENT_TUNNELS,
} from "../shared/protocol/agent-protocol.ts";
import { openTunnel } from "./open-tunnel.ts";
import { parseConnectTarget } from "./parse-connect-target.ts";
import type { PortRegistry } from "./port-registry.ts";
import type { PortWatch } from "./port-watch.ts";
import { streamPorts } from "./stream-ports.ts";

const MAX_STREAMS = 8;
const MAX_CONNECTIONS = MAX_AGENT_TUNNELS + 64;
const MAX_HEAD_BYTES = 4096;
const HEAD_TIMEOUT_MS = 5000;
const KEEP_ALIVE_TIMEOUT_MS = 30_000;

export interface AgentParts {
  readonly registry: PortRegistry;
  readonly watch: PortWatch;
  readonly isGateway: (address: string | undefined) => boolean;
}

/** The agent's HTTP server (`shared/protocol/agent-protocol.ts`). */
export function createAgentServer({ registry, watch, isGateway }: AgentParts): Server {
  const server = createServer({
    maxHeaderSize: MAX_HEAD_BYTES,
    headersTimeout: HEAD_TIMEOUT_MS,
    requestTimeout: HEAD_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    noDelay: true,
  });
  server.maxConnections = MAX_CONNECTIONS;
  let streams = 0;
  let tunnels = 0;

  server.prependListener("connection", (socket: Socket) => {
    if (!isGateway(socket.remoteAddress)) socket.destroy();
  });

  server.on("request", async (request: IncomingMessage, response: ServerResponse) => {
    if (request.method !== "GET") return respondEmpty(response, 405);
    switch (request.url) {
      case AGENT_HEALTH_PATH:
        return respondJson(response, health());
      case AGENT_PORTS_PATH:
        await watch.scanNow();
        return respondJson(response, registry.scan());
      case AGENT_PORT_STREAM_PATH:
        if (streams >= MAX_STREAMS) return respondEmpty(response, 503);
        streams++;
        response.on("close", () => streams--);
        return streamPorts(response, registry, watch);
      default:
        return respondEmpty(response, 404);
    }
  });

  server.on("connect", async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const target = parseConnectTarget(request.url ?? "");
    if (target === undefined) return refuseConnect(socket, "400 Bad Request");
    if (tunnels >= MAX_AGENT_TUNNELS) return refuseConnect(socket, "503 Service Unavailable");
    if (!registry.accepts(target.address, target.port)) await watch.scanNow();
    if (!registry.accepts(target.address, target.port)) return refuseConnect(socket, "403 Forbidden");
    tunnels++;
    openTunnel(socket, head, target, () => tunnels--);
  });
  return server;
}

function health(): AgentHealth {
  return { status: "ok", protocol: 1, uptime_s: Math.floor(process.uptime()) };
}

function respondJson(response: ServerResponse, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
  });
  response.end(text);
}

function respondEmpty(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-length": 0 });
  response.end();
}

function refuseConnect(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
}
