import { once } from "node:events";
import type { ClientRequest, IncomingMessage } from "node:http";
import { request } from "node:http";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Gate } from "../../../lab/network/gate.ts";
import { AGENT_PORT } from "../../../shared/port.ts";
import type { PortEvent, PortScan } from "../../../shared/protocol/agent-protocol.ts";
import { AGENT_PORT_STREAM_PATH, AGENT_PORTS_PATH } from "../../../shared/protocol/agent-protocol.ts";

/** A stream of port events, and the wait for one of them. */
export interface FollowedPorts {
  /** The next event that fits, among those not looked at yet. */
  find(fits: (event: PortEvent) => boolean): Promise<PortEvent>;
  close(): void;
}

/** Speaks to an agent as a connector does: through sockets of the host's namespace. */
export class AgentClient {
  readonly #gate: Gate;
  readonly #address: string;

  constructor(gate: Gate, address: string) {
    this.#gate = gate;
    this.#address = address;
  }

  /** @throws {Error} `ECONNRESET` or such, where the agent hangs up */
  async get(path: string): Promise<{ status: number; text: string }> {
    const sent = await this.#request("GET", path);
    const [response] = (await once(sent.end(), "response")) as [IncomingMessage];
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) text += chunk;
    return { status: response.statusCode ?? 0, text };
  }

  async ports(): Promise<PortScan> {
    return JSON.parse((await this.get(AGENT_PORTS_PATH)).text);
  }

  async follow(): Promise<FollowedPorts> {
    const sent = await this.#request("GET", AGENT_PORT_STREAM_PATH);
    const [response] = (await once(sent.end(), "response")) as [IncomingMessage];
    const lines = createInterface({ input: response })[Symbol.asyncIterator]();
    return {
      async find(fits) {
        for (;;) {
          const { value, done } = await lines.next();
          if (done) throw new Error("the stream has ended");
          const event = JSON.parse(value) as PortEvent;
          if (fits(event)) return event;
        }
      },
      close: () => response.destroy(),
    };
  }

  async connect(target: string): Promise<{ status: number; socket: Socket }> {
    const sent = await this.#request("CONNECT", target);
    const [response, socket] = (await once(sent.end(), "connect")) as [IncomingMessage, Socket];
    return { status: response.statusCode ?? 0, socket };
  }

  async #request(method: string, path: string): Promise<ClientRequest> {
    const socket = await this.#gate.connect(this.#address, AGENT_PORT);
    return request({ method, path, createConnection: () => socket });
  }
}

/** Fits the change that opens, or closes, a port. */
export function opens(port: number): (event: PortEvent) => boolean {
  return (event) => event.event === "change" && event.open.some((report) => report.port === port);
}

export function closes(port: number): (event: PortEvent) => boolean {
  return (event) => event.event === "change" && event.close.includes(port);
}
