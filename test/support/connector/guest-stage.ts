import { once } from "node:events";
import * as net from "node:net";
import { Guest } from "../../../connector/guests/guest.ts";
import type { GuestRecord } from "../../../connector/guests/guest-record.ts";
import type { PortScan } from "../../../shared/protocol/agent-protocol.ts";
import type { PassTerms } from "../../../shared/protocol/pass.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../shared/refusal/refusal.ts";
import { FAKE_AGENT_ADDRESS, FakeAgent } from "./fake-agent.ts";

/** Guests of this machine's loopback, their agents and servers; all are closed in reverse order. */
export class GuestStage {
  readonly #cleanUps: (() => unknown)[] = [];

  defer(cleanUp: () => unknown): void {
    this.#cleanUps.push(cleanUp);
  }

  async close(): Promise<void> {
    for (const cleanUp of this.#cleanUps.splice(0).reverse()) await cleanUp();
  }

  /** A guest that follows its agent, and the open ports after each change. */
  createGuest(
    agentPort: number,
    ports: number[] = [],
    more: Partial<GuestRecord> = {},
  ): { guest: Guest; changes: number[][] } {
    const changes: number[][] = [];
    const record = {
      sandboxId: "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b",
      workspace: "ws",
      address: FAKE_AGENT_ADDRESS,
      agentPort,
      ports,
      publicPorts: [],
      generation: "1700000000000-abcdefgh" as const,
      ...more,
    };
    const guest = new Guest(record, { onPortsChange: (changed) => changes.push(changed.ports) });
    guest.start();
    this.defer(() => guest.stop());
    return { guest, changes };
  }

  async startAgent(scan: PortScan, port = 0): Promise<{ agent: FakeAgent; port: number }> {
    const agent = new FakeAgent();
    agent.scan = scan;
    const listening = await agent.listen(port);
    this.defer(() => agent.close());
    return { agent, port: listening };
  }

  /** @returns a port of the guests' address on which nothing listens */
  async findClosedPort(): Promise<number> {
    const server = net.createServer();
    await once(server.listen(0, FAKE_AGENT_ADDRESS), "listening");
    const { port } = server.address() as net.AddressInfo;
    server.close();
    await once(server, "close");
    return port;
  }

  /** A server at the guests' address. @returns its port */
  async listen(): Promise<number> {
    const server = net.createServer((socket) => socket.on("error", () => {}).end("hello"));
    await once(server.listen(0, FAKE_AGENT_ADDRESS), "listening");
    this.defer(() => server.close());
    return (server.address() as net.AddressInfo).port;
  }
}

/** Dials a guest's port once. @returns `connected`, or the refusal's code */
export async function dialGuest(guest: Guest, port: number, terms?: PassTerms): Promise<string> {
  const upstream = guest.findUpstream(port, terms);
  const dialled: net.Socket | Refusal = isRefusal(upstream) ? upstream : await upstream.dial();
  if (isRefusal(dialled)) return dialled.code;
  dialled.destroy();
  return "connected";
}
