import { once } from "node:events";
import * as net from "node:net";
import * as tls from "node:tls";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Guest } from "../../../../connector/guests/guest.ts";
import type { GuestRecord } from "../../../../connector/guests/guest-record.ts";
import type { Upstream } from "../../../../connector/relay/relay.ts";
import { findFreePort } from "../../../../dev/find-free-port.ts";
import type { PassTerms } from "../../../../shared/protocol/pass.ts";
import { isRefusal } from "../../../../shared/refusal/refusal.ts";
import { FAKE_AGENT_ADDRESS } from "../../../support/connector/fake-agent.ts";
import { dialGuest, GuestStage } from "../../../support/connector/guest-stage.ts";
import { createCertificate } from "../../../support/create-certificate.ts";

const stage = new GuestStage();

afterEach(() => stage.close());

describe("Guest whose agent is followed", () => {
  test("has the ports that the agent reports, as they change", async () => {
    const { agent, port } = await stage.startAgent({ ports: [{ port: 3000, reach: "direct" }], waiting: [] });
    const { guest, changes } = stage.createGuest(port);
    await vi.waitFor(() => expect(guest.ports).toEqual([3000]));
    agent.sendEvent({ event: "change", open: [{ port: 4000, reach: "::1" }], close: [3000], waiting: [] });
    await vi.waitFor(() => expect(guest.ports).toEqual([4000]));
    expect(changes).toEqual([[3000], [4000]]);
  });

  test("reaches a server that has only just begun to listen, by a fresh scan", async () => {
    const { agent, port } = await stage.startAgent({ ports: [], waiting: [] });
    const { guest } = stage.createGuest(port);
    await vi.waitFor(() => expect(guest.agentFollowed).toBe(true));
    const fresh = await stage.listen();
    expect(await dialGuest(guest, fresh)).toBe("port_closed");
    agent.scan = { ports: [{ port: fresh, reach: "direct" }], waiting: [] };
    expect(await dialGuest(guest, fresh)).toBe("connected");
    expect(guest.ports).toEqual([fresh]);
  });

  test("refuses a port that waits for another to close, and the agent's own", async () => {
    const { port } = await stage.startAgent({ ports: [], waiting: [5000] });
    const { guest } = stage.createGuest(port);
    await vi.waitFor(() => expect(guest.agentFollowed).toBe(true));
    expect(await dialGuest(guest, 5000)).toBe("port_limit");
    expect(await dialGuest(guest, port)).toBe("port_reserved");
    expect(await dialGuest(guest, 20_222)).toBe("port_reserved");
  });

  test("reaches a loopback-only listener through CONNECT, and refuses by the agent's status", async () => {
    const { agent, port } = await stage.startAgent({
      ports: [{ port: 6000, reach: "127.0.0.1" }],
      waiting: [],
    });
    const targets: string[] = [];
    let status = "200 OK";
    agent.server.on("connect", (request, socket) => {
      targets.push(request.url ?? "");
      socket.on("error", () => {});
      socket.write(`HTTP/1.1 ${status}\r\n\r\nearly`);
    });
    const { guest } = stage.createGuest(port);
    await vi.waitFor(() => expect(guest.ports).toEqual([6000]));
    const upstream = guest.findUpstream(6000);
    const socket = isRefusal(upstream) ? upstream : await upstream.dial();
    if (isRefusal(socket)) throw new Error(socket.code);
    const data = once(socket.resume(), "data");
    const [bytes] = (await data) as [Buffer];
    expect(bytes.toString()).toBe("early");
    socket.destroy();
    expect(targets).toEqual(["127.0.0.1:6000"]);
    for (const [agentStatus, code] of [
      ["403 Forbidden", "port_closed"],
      ["502 Bad Gateway", "port_closed"],
      ["503 Busy", "too_many_connections"],
      ["999", "guest_unreachable"],
    ] as const) {
      status = agentStatus;
      expect(await dialGuest(guest, 6000), agentStatus).toBe(code);
    }
  });

  test("keeps its ports when the agent crashes, and follows the next agent", async () => {
    const direct = await stage.listen();
    const scan = { ports: [{ port: direct, reach: "direct" as const }], waiting: [] };
    const { agent, port } = await stage.startAgent(scan);
    const { guest } = stage.createGuest(port);
    await vi.waitFor(() => expect(guest.agentFollowed).toBe(true));
    agent.close();
    await vi.waitFor(() => expect(guest.agentFollowed).toBe(false));
    expect(guest.ports).toEqual([direct]);
    expect(await dialGuest(guest, direct)).toBe("connected");
    await stage.startAgent(scan, port);
    await vi.waitFor(() => expect(guest.agentFollowed).toBe(true), 5_000);
  });
});

describe("the upstream of a Guest", () => {
  /** Waits for a port. @returns a promise that resolves when it opens */
  function watchPort(guest: Guest, port: number): { opened: Promise<void>; stop: () => void } {
    const upstream = guest.findUpstream(port);
    if (isRefusal(upstream)) throw new Error(upstream.code);
    const { promise, resolve } = Promise.withResolvers<void>();
    return { opened: promise, stop: upstream.watch!(resolve) };
  }

  test("is open once the agent reports the port and a dial succeeds", async () => {
    const { agent, port } = await stage.startAgent({ ports: [], waiting: [] });
    const { guest } = stage.createGuest(port);
    await vi.waitFor(() => expect(guest.agentFollowed).toBe(true));
    const fresh = await stage.listen();
    const { opened } = watchPort(guest, fresh);
    agent.sendEvent({ event: "change", open: [{ port: fresh, reach: "direct" }], close: [], waiting: [] });
    await opened;
  });

  test("is open where the port waits for another to close: the next request is told", async () => {
    const { agent, port } = await stage.startAgent({ ports: [], waiting: [] });
    const { guest } = stage.createGuest(port);
    await vi.waitFor(() => expect(guest.agentFollowed).toBe(true));
    const { opened } = watchPort(guest, 5000);
    agent.sendEvent({ event: "change", open: [], close: [], waiting: [5000] });
    await opened;
    agent.scan = { ports: [], waiting: [5000] };
    expect(await dialGuest(guest, 5000)).toBe("port_limit");
  });

  test("is found open by dials where there is no agent, or no agent any more", async () => {
    const { agent, port } = await stage.startAgent({ ports: [], waiting: [] });
    const { guest } = stage.createGuest(port);
    await vi.waitFor(() => expect(guest.agentFollowed).toBe(true));
    const later = await findFreePort();
    const { opened } = watchPort(guest, later);
    agent.close();
    const server = net.createServer((socket) => socket.on("error", () => {}).end());
    stage.defer(() => server.close());
    server.listen(later, FAKE_AGENT_ADDRESS);
    await opened;
  });

  test("is not open where the agent reports a port that refuses every dial", async () => {
    const closed = await findFreePort();
    const { port } = await stage.startAgent({ ports: [{ port: closed, reach: "direct" }], waiting: [] });
    const { guest } = stage.createGuest(port);
    await vi.waitFor(() => expect(guest.agentFollowed).toBe(true));
    let open = false;
    const { opened, stop } = watchPort(guest, closed);
    opened.then(() => {
      open = true;
    });
    expect(await dialGuest(guest, closed)).toBe("port_closed");
    expect(open).toBe(false);
    stop();
  });
});

describe("Guest whose loopback is off", () => {
  const LOOPBACK_ONLY = { ports: [{ port: 6000, reach: "127.0.0.1" as const }], waiting: [] };

  async function follow(more: Partial<GuestRecord> = {}) {
    const { agent, port } = await stage.startAgent(LOOPBACK_ONLY);
    agent.server.on("connect", (_request, socket) => {
      socket.on("error", () => {});
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
    });
    const { guest } = stage.createGuest(port, [], more);
    await vi.waitFor(() => expect(guest.ports).toEqual([6000]));
    return { guest, agent };
  }

  test("refuses a loopback-only server as closed, by its own attach or by the pass", async () => {
    const { guest } = await follow();
    expect(await dialGuest(guest, 6000)).toBe("connected");
    expect(await dialGuest(guest, 6000, { loopback: "off" })).toBe("port_closed");
    const { guest: attached } = await follow({ loopback: "off" });
    expect(await dialGuest(attached, 6000)).toBe("port_closed");
    expect(await dialGuest(attached, 6000, { hostPolicy: "public" })).toBe("port_closed");
  });

  test("still reaches a server that listens beyond loopback", async () => {
    const { guest, agent } = await follow({ loopback: "off" });
    const direct = await stage.listen();
    agent.scan = { ports: [{ port: direct, reach: "direct" }], waiting: [] };
    expect(await dialGuest(guest, direct)).toBe("connected");
  });

  test("does not try loopback where a server has moved there and the agent has yet to report it", async () => {
    const { guest, agent } = await follow({ loopback: "off" });
    const closed = await stage.findClosedPort();
    agent.scan = { ports: [{ port: closed, reach: "direct" }], waiting: [] };
    expect(await dialGuest(guest, closed)).toBe("port_closed");
  });

  test("is not waited for over loopback: what opens there opens for nobody", async () => {
    const { guest, agent } = await follow({ loopback: "off" });
    const closed = await stage.findClosedPort();
    let opened = 0;
    const stops = [closed, 6000].map((port) => (guest.findUpstream(port) as Upstream).watch!(() => opened++));
    agent.sendEvent({ event: "change", open: [{ port: closed, reach: "direct" }], close: [], waiting: [] });
    await vi.waitFor(() => expect(guest.ports).toContain(closed));
    expect(await dialGuest(guest, closed)).toBe("port_closed");
    expect(opened).toBe(0);
    for (const stop of stops) stop();
  });

  test("names a port whose server moves to loopback in its next report", async () => {
    const { agent, port } = await stage.startAgent({ ports: [{ port: 6000, reach: "direct" }], waiting: [] });
    const { guest, changes } = stage.createGuest(port);
    await vi.waitFor(() => expect(changes).toEqual([[6000]]));
    expect(guest.listPorts()).toEqual({ open: [6000], loopback: [] });
    agent.sendEvent({ event: "change", open: [{ port: 6000, reach: "::1" }], close: [], waiting: [] });
    await vi.waitFor(() => expect(changes).toEqual([[6000], [6000]]));
    expect(guest.listPorts()).toEqual({ open: [6000], loopback: [6000] });
  });
});

describe("Guest.findUpstream()", () => {
  test("has one upstream for each way to reach a port, so that no pool mixes plain and TLS connections", () => {
    const { guest } = stage.createGuest(1, [3000], { publicPorts: [4000] });
    const find = (port: number, terms?: PassTerms) => guest.findUpstream(port, terms) as Upstream;
    expect(find(3000)).toBe(find(3000, { hostPolicy: "local" }));
    expect(find(3000, { scheme: "https" })).toBe(find(3000, { scheme: "https", listed: [1] }));
    const ways = [{}, { scheme: "https" }, { hostPolicy: "public" }, { loopback: "off" }] as const;
    expect(new Set(ways.map((terms) => find(3000, terms))).size).toBe(4);
    expect(find(3000, { scheme: "https" })).toMatchObject({ scheme: "https", headerPolicy: "local" });
    expect(find(3000)).not.toHaveProperty("scheme");
  });

  test("lets the pass decide about the host policy, and its own attach where the pass does not", () => {
    const { guest } = stage.createGuest(1, [3000], { publicPorts: [4000] });
    const policy = (port: number, terms?: PassTerms) =>
      (guest.findUpstream(port, terms) as Upstream).headerPolicy;
    expect(policy(4000)).toBe("public");
    expect(policy(4000, { scheme: "https" })).toBe("public");
    expect(policy(4000, { hostPolicy: "local" })).toBe("local");
    expect(policy(3000, { hostPolicy: "public" })).toBe("public");
    expect(policy(3000)).toBe("local");
  });

  test("speaks TLS to the app where the pass says so", async () => {
    const { guest } = stage.createGuest(1);
    const server = tls.createServer(await createCertificate(), (socket) => socket.on("error", () => {}));
    stage.defer(() => server.close());
    await once(server.listen(0, FAKE_AGENT_ADDRESS), "listening");
    const { port } = server.address() as net.AddressInfo;
    expect(await dialGuest(guest, port, { scheme: "https" })).toBe("connected");
    const plain = await stage.listen();
    expect(await dialGuest(guest, plain, { scheme: "https" })).toBe("guest_protocol");
  });
});

describe("Guest.end()", () => {
  test("refuses the requests that wait for a connection, and later ones", async () => {
    const { port } = await stage.startAgent({ ports: [{ port: 6000, reach: "127.0.0.1" }], waiting: [] });
    const { guest } = stage.createGuest(port);
    await vi.waitFor(() => expect(guest.ports).toEqual([6000]));
    const dialling = dialGuest(guest, 6000);
    guest.end();
    expect(await dialling).toBe("guest_not_here");
    expect(await dialGuest(guest, 6000)).toBe("guest_not_here");
  });
});

describe("Guest whose agent accepts connections and never responds", () => {
  test("delays a visitor no longer than a scan may take", async () => {
    const server = net.createServer((socket) => socket.on("error", () => {}));
    await once(server.listen(0, FAKE_AGENT_ADDRESS), "listening");
    const sockets = new Set<net.Socket>();
    server.on("connection", (socket) => sockets.add(socket));
    stage.defer(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const direct = await stage.listen();
    const { guest } = stage.createGuest((server.address() as net.AddressInfo).port);
    expect(await dialGuest(guest, direct)).toBe("connected");
    expect(guest.ports).toEqual([direct]);
  });
});

describe("Guest.reportPorts()", () => {
  test("reports the change, ascending, at most 32 ports", async () => {
    const { guest, changes } = stage.createGuest(1);
    guest.reportPorts([8080, 3000]);
    expect(guest.ports).toEqual([3000, 8080]);
    expect(changes).toEqual([[3000, 8080]]);
    guest.reportPorts(Array.from({ length: 40 }, (_, index) => index + 1));
    expect(guest.ports).toHaveLength(32);
  });
});
