import { once } from "node:events";
import * as http from "node:http";
import type * as net from "node:net";
import type { PortEvent, PortScan } from "../../../shared/protocol/agent-protocol.ts";
import { AGENT_PORT_STREAM_PATH, AGENT_PORTS_PATH } from "../../../shared/protocol/agent-protocol.ts";

/** A loopback address of its own, so that a guest's dials do not reach other servers of this machine. */
export const FAKE_AGENT_ADDRESS = "127.79.0.1";

/** An agent that sends what a test wants, over the real protocol. */
export class FakeAgent {
  scan: PortScan = { ports: [], waiting: [] };
  readonly #streams = new Set<http.ServerResponse>();
  readonly server = http.createServer((request, response) => {
    if (request.url === AGENT_PORTS_PATH) response.end(JSON.stringify(this.scan));
    if (request.url !== AGENT_PORT_STREAM_PATH) return;
    this.#streams.add(response);
    response.write(`${JSON.stringify({ event: "snapshot", ...this.scan })}\n`);
  });

  /** @returns the port on which it listens */
  async listen(port = 0): Promise<number> {
    await once(this.server.listen(port, FAKE_AGENT_ADDRESS), "listening");
    return (this.server.address() as net.AddressInfo).port;
  }

  sendEvent(event: PortEvent): void {
    this.sendText(`${JSON.stringify(event)}\n`);
  }

  sendText(text: string): void {
    for (const stream of this.#streams) stream.write(text);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
