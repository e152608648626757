import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Guest } from "../../../../../connector/guests/guest.ts";
import type { PortEvent, PortScan } from "../../../../../shared/protocol/agent-protocol.ts";
import { AGENT_PORT_STREAM_PATH, AGENT_PORTS_PATH } from "../../../../../shared/protocol/agent-protocol.ts";
import type { Refusal } from "../../../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../../../shared/refusal/refusal.ts";

const ADDRESS = "127.79.0.1";
const stack: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of stack.splice(0).reverse()) await cleanUp();
});

/** An agent that says what a test wants, over the real protocol. */
class FakeAgent {
  scan: PortScan = { ports: [], waiting: [] };
  readonly #streams = new Set<http.ServerResponse>();
  readonly server = http.createServer((request, response) => {
    if (request.url === AGENT_PORTS_PATH) response.end(JSON.stringify(this.scan));
    if (request.url !== AGENT_PORT_STREAM_PATH) return;
    this.#streams.add(response);
    response.write(`${JSON.stringify({ event: "snapshot", ...this.scan })}\n`);
  });

  async listen(): Promise<number> {
    await once(this.server.listen(0, ADDRESS), "listening");
    return (this.server.address() as net.AddressInfo).port;
  }

  tell(event: PortEvent): void {
    for (const stream of this.#streams) stream.write(`${JSON.stringify(event)}\n`);
  }

  say(text: string): void {
    for (const stream of this.#streams) stream.write(text);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

function createGuest(agentPort: number, ports: number[] = []): { guest: Guest; changes: number[][] } {
  const changes: number[][] = [];
  const record = {
    sandboxId: "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b",
    workspace: "ws",
    address: ADDRESS,
    agentPort,
    ports,
    publicPorts: [],
    generation: "1700000000000-abcdefgh" as const,
  };
  const guest = new Guest(record, { onPortsChange: (changed) => changes.push(changed.ports) });
  guest.start();
  stack.push(() => guest.stop());
  return { guest, changes };
}

async function startAgent(scan: PortScan): Promise<{ agent: FakeAgent; port: number }> {
  const agent = new FakeAgent();
  agent.scan = scan;
  const port = await agent.listen();
  stack.push(() => agent.close());
  return { agent, port };
}

async function listen(host: string): Promise<number> {
  const server = net.createServer((socket) => socket.on("error", () => {}).end("hello"));
  await once(server.listen(0, host), "listening");
  stack.push(() => server.close());
  return (server.address() as net.AddressInfo).port;
}

async function dial(guest: Guest, port: number): Promise<string> {
  const upstream = guest.findUpstream(port);
  const dialled: net.Socket | Refusal = isRefusal(upstream) ? upstream : await upstream.dial();
  if (isRefusal(dialled)) return dialled.code;
  dialled.destroy();
  return "connected";
}

describe("a guest whose agent is followed", () => {
  test("has the ports that the agent tells, as they change", async () => {
    const { agent, port } = await startAgent({ ports: [{ port: 3000, reach: "direct" }], waiting: [] });
    const { guest, changes } = createGuest(port);
    await vi.waitFor(() => expect(guest.ports).toEqual([3000]));
    agent.tell({ event: "change", open: [{ port: 4000, reach: "::1" }], close: [3000], waiting: [] });
    await vi.waitFor(() => expect(guest.ports).toEqual([4000]));
    expect(changes).toEqual([[3000], [4000]]);
  });

  test("reaches a server that has only just begun to listen, by a fresh scan", async () => {
    const { agent, port } = await startAgent({ ports: [], waiting: [] });
    const { guest } = createGuest(port);
    await vi.waitFor(() => expect(guest.agentFollowed).toBe(true));
    const fresh = await listen(ADDRESS);
    expect(await dial(guest, fresh)).toBe("port_closed");
    agent.scan = { ports: [{ port: fresh, reach: "direct" }], waiting: [] };
    expect(await dial(guest, fresh)).toBe("connected");
    expect(guest.ports).toEqual([fresh]);
  });

  test("refuses a port that waits for another to close, and the agent's own", async () => {
    const { port } = await startAgent({ ports: [], waiting: [5000] });
    const { guest } = createGuest(port);
    await vi.waitFor(() => expect(guest.agentFollowed).toBe(true));
    expect(await dial(guest, 5000)).toBe("port_limit");
    expect(await dial(guest, port)).toBe("port_reserved");
    expect(await dial(guest, 20_222)).toBe("port_reserved");
  });

  test("reaches a loopback-only listener through CONNECT, and gives on what the agent answers", async () => {
    const { agent, port } = await startAgent({ ports: [{ port: 6000, reach: "127.0.0.1" }], waiting: [] });
    const targets: string[] = [];
    let status = "200 OK";
    agent.server.on("connect", (request, socket) => {
      targets.push(request.url ?? "");
      socket.on("error", () => {});
      socket.write(`HTTP/1.1 ${status}\r\n\r\nearly`);
    });
    const { guest } = createGuest(port);
    await vi.waitFor(() => expect(guest.ports).toEqual([6000]));
    const upstream = guest.findUpstream(6000);
    const socket = isRefusal(upstream) ? upstream : await upstream.dial();
    if (isRefusal(socket)) throw new Error(socket.code);
    const data = once(socket.resume(), "data");
    const [bytes] = (await data) as [Buffer];
    expect(bytes.toString()).toBe("early");
    socket.destroy();
    expect(targets).toEqual(["127.0.0.1:6000"]);
    for (const [answer, refused] of [
      ["403 Forbidden", "port_closed"],
      ["502 Bad Gateway", "port_closed"],
      ["503 Busy", "too_many_connections"],
      ["999", "guest_unreachable"],
    ] as const) {
      status = answer;
      expect(await dial(guest, 6000), answer).toBe(refused);
    }
  });

  test("goes on with what it knows when the agent crashes, and follows the next one", async () => {
    const direct = await listen(ADDRESS);
    const { agent, port } = await startAgent({ ports: [{ port: direct, reach: "direct" }], waiting: [] });
    const { guest } = createGuest(port);
    await vi.waitFor(() => expect(guest.agentFollowed).toBe(true));
    agent.close();
    await vi.waitFor(() => expect(guest.agentFollowed).toBe(false));
    expect(guest.ports).toEqual([direct]);
    expect(await dial(guest, direct)).toBe("connected");
    const next = new FakeAgent();
    next.scan = { ports: [{ port: direct, reach: "direct" }], waiting: [] };
    await once(next.server.listen(port, ADDRESS), "listening");
    stack.push(() => next.close());
    await vi.waitFor(() => expect(guest.agentFollowed).toBe(true), 5_000);
  });
});

test("a guest that ends lets nobody wait for it, and dials no more", async () => {
  const { port } = await startAgent({ ports: [{ port: 6000, reach: "127.0.0.1" }], waiting: [] });
  const { guest } = createGuest(port);
  await vi.waitFor(() => expect(guest.ports).toEqual([6000]));
  const dialling = dial(guest, 6000);
  guest.end();
  expect(await dialling).toBe("guest_not_here");
  expect(await dial(guest, 6000)).toBe("guest_not_here");
});

describe("a guest whose agent is hostile", () => {
  const port = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ port: index + 1, reach: "direct" }));

  test.each([
    ["speaks nonsense", "GET / HTTP/1.1\n"],
    ["names 60 000 ports", `${JSON.stringify({ event: "snapshot", ports: port(60_000), waiting: [] })}\n`],
    ["names 33 ports", `${JSON.stringify({ event: "snapshot", ports: port(33), waiting: [] })}\n`],
    ["never ends its line", "x".repeat(20_000)],
    ["names port 0", '{"event":"change","open":[{"port":0,"reach":"direct"}],"close":[],"waiting":[]}\n'],
    [
      "names a way to another machine",
      '{"event":"change","open":[{"port":80,"reach":"10.0.0.1"}],"close":[],"waiting":[]}\n',
    ],
  ])("is left when it %s, and its ports are kept as they were", async (_what, text) => {
    const { agent, port: agentPort } = await startAgent({
      ports: [{ port: 3000, reach: "direct" }],
      waiting: [],
    });
    const { guest } = createGuest(agentPort);
    await vi.waitFor(() => expect(guest.agentFollowed).toBe(true));
    agent.scan = { ports: [{ port: 3001, reach: "direct" }], waiting: [] };
    agent.say(text);
    await vi.waitFor(() => expect(guest.ports).toEqual([3001]), 5_000);
  });

  test("does not hold up a visitor for longer than a scan may take", async () => {
    const server = net.createServer((socket) => socket.on("error", () => {}));
    await once(server.listen(0, ADDRESS), "listening");
    const sockets = new Set<net.Socket>();
    server.on("connection", (socket) => sockets.add(socket));
    stack.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const direct = await listen(ADDRESS);
    const { guest } = createGuest((server.address() as net.AddressInfo).port);
    expect(await dial(guest, direct)).toBe("connected");
    expect(guest.ports).toEqual([direct]);
  });
});
