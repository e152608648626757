import * as http from "node:http";
import type * as net from "node:net";
import type { PortEvent } from "../../../shared/protocol/agent-protocol.ts";
import { AGENT_ALIVE_INTERVAL_MS, AGENT_PORT_STREAM_PATH } from "../../../shared/protocol/agent-protocol.ts";

/** Responds as an agent does, at each loopback address on one port: 2 000 processes would leave no memory. */
export interface Agents {
  readonly port: number;
  /** Streams that are open. */
  readonly streams: number;
  close(): void;
}

const REPORTED_PORT = 3000;

export async function createAgents(): Promise<Agents> {
  const streams = new Set<http.ServerResponse>();
  const server = http.createServer((request, response) => {
    if (request.url !== AGENT_PORT_STREAM_PATH) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    send(response, { event: "snapshot", ports: [{ port: REPORTED_PORT, reach: "direct" }], waiting: [] });
    streams.add(response);
    // From its own beginning, so that the streams do not all send at one moment.
    const timer = setInterval(send, AGENT_ALIVE_INTERVAL_MS, response, { event: "alive" });
    response.on("close", () => {
      clearInterval(timer);
      streams.delete(response);
    });
  });
  await new Promise<void>((done) => server.listen({ port: 0, host: "0.0.0.0", backlog: 4096 }, done));
  return {
    port: (server.address() as net.AddressInfo).port,
    get streams() {
      return streams.size;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function send(response: http.ServerResponse, event: PortEvent): void {
  response.write(`${JSON.stringify(event)}\n`);
}
