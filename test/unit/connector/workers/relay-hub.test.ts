import { mkdtemp, rm } from "node:fs/promises";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Guest } from "../../../../connector/guests/guest.ts";
import type { Upstream } from "../../../../connector/relay/relay.ts";
import { Channel } from "../../../../connector/workers/channel.ts";
import type { HostFunctions, Joined, WorkerFunctions } from "../../../../connector/workers/contract.ts";
import { GuestMirror } from "../../../../connector/workers/guest-mirror.ts";
import { RecentChangeLog } from "../../../../connector/workers/recent-changes.ts";
import { RelayHub } from "../../../../connector/workers/relay-hub.ts";
import { createGeneration } from "../../../../shared/generation.ts";

const ID = "0f4bb8a1-3c2d-0e5f-0a9b-0c1d2e3f4a5b";
const NO_CHANGES = { revocations: [], accessChanges: [] };

let directory: string;
let hub: RelayHub;
let guests: Map<string, Guest>;
const sockets: net.Socket[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "relay-hub-"));
  guests = new Map();
  await startHub();
});

async function startHub(): Promise<void> {
  hub = new RelayHub({
    guests: {
      find: (id) => guests.get(id),
      list: () => [...guests.values()],
      findArriving: () => undefined,
    },
    requestLogs: { put() {} },
    usage: { add() {} },
    log: pino({ level: "silent" }),
  });
  await hub.listen({ path: join(directory, "workers.sock") });
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  hub.close();
  await rm(directory, { recursive: true });
});

function createGuest(startMs: number, ports: number[] = []): Guest {
  const generation = createGeneration(startMs);
  const record = {
    sandboxId: ID,
    workspace: "ws",
    address: "127.78.14.1",
    ports,
    publicPorts: [],
    generation,
  };
  const guest: Guest = new Guest(record, {
    onPortsChange() {},
    onReachChange: () => hub.updateGuest(guest),
  });
  guests.set(ID, guest);
  return guest;
}

/** A worker that has joined, with what it was told. */
async function joinHub(recent: Joined["recent"] = NO_CHANGES) {
  const ended: Guest[] = [];
  const told: string[] = [];
  const remembered = new RecentChangeLog();
  remembered.merge(recent, Date.now());
  const mirror: GuestMirror = new GuestMirror({
    onDetach: (guest) => ended.push(guest),
    onFound: ({ sandboxId, generation }, opened, closed) =>
      channel.notify("reportPorts", { sandboxId, generation, opened, closed }),
    locate: (guest) => channel.call("locateGuest", guest).catch(() => {}),
    seekAgent: (guest) => channel.notify("seekAgent", guest),
  });
  const functions: WorkerFunctions = {
    welcome(joined) {
      mirror.replace(joined.guests);
      told.push(`welcome ${joined.recent.revocations.length}`);
      remembered.merge(joined.recent, Date.now());
    },
    setGuests: (states) => mirror.set(states),
    removeGuest: (guest) => mirror.remove(guest),
    revoke({ atMs = 0, ...revocation }) {
      remembered.addRevocation({ revocation, atMs }, Date.now());
      return told.push(`revoke ${revocation.links}`);
    },
    changeAccess: ({ revision }) => told.push(`access ${revision}`),
    settle() {},
    stats: () => ({ visitors: 1, counts: { refused: { port_closed: 2 } } }) as never,
  };
  const socket = net.connect(join(directory, "workers.sock"));
  sockets.push(socket);
  const channel: Channel<HostFunctions> = new Channel(socket, functions, () => {});
  await channel.call("join", { generation: 1, worker: 0, pid: 1, version: "1", recent });
  return { mirror, ended, told, socket, remembered };
}

describe("RelayHub", () => {
  test("gives a worker the guests, their ports as they change, and their end", async () => {
    const guest = createGuest(1, [3000]);
    const { mirror, ended } = await joinHub();
    const copy = mirror.find(ID)!;
    expect(copy.ports).toEqual([3000]);
    guest.reportPorts([3000, 4000]);
    await hub.settle();
    expect(copy.ports).toEqual([3000, 4000]);
    hub.closeGuest(guest);
    await hub.settle();
    expect([mirror.find(ID), ended]).toEqual([undefined, [copy]]);
  });

  test("takes what a worker finds open, and gives it to the others", async () => {
    const guest = createGuest(1);
    const [first, second] = [await joinHub(), await joinHub()];
    first.mirror.find(ID)!.reportPorts([3000]);
    await expect.poll(() => guest.ports).toEqual([3000]);
    await hub.settle();
    expect(second.mirror.find(ID)!.ports).toEqual([3000]);
  });

  test("has a worker end a guest whose generation is over, also where it joins again", async () => {
    createGuest(1);
    const { mirror, ended } = await joinHub();
    const former = mirror.find(ID)!;
    hub.updateGuest(createGuest(2));
    await hub.settle();
    expect(ended).toEqual([former]);
    expect(mirror.findArriving(ID, former.generation)).toBeInstanceOf(Promise);
  });

  test("answers a revocation when every worker has cut, and sums what they have cut", async () => {
    const workers = [await joinHub(), await joinHub()];
    expect(await hub.revoke({ sandboxId: ID, links: ["a"] })).toBe(4);
    for (const { told } of workers) expect(told).toEqual(["welcome 0", "revoke a"]);
    expect((await joinHub()).told, "one that joins later").toEqual(["welcome 1"]);
  });

  test("learns from a worker what a former host process has said, and tells the others", async () => {
    const { told } = await joinHub();
    const revocation = { sandboxId: ID, links: ["b"] };
    await joinHub({ revocations: [{ revocation, atMs: Date.now() }], accessChanges: [] });
    await hub.settle();
    expect(told).toEqual(["welcome 0", "revoke b"]);
  });

  test("gives every worker the same time of a revocation, so that none is told again where they join anew", async () => {
    const former = [await joinHub(), await joinHub(), await joinHub()];
    await hub.revoke({ sandboxId: ID, links: ["a"] });
    hub.close();
    await startHub();
    const workers = [];
    for (const { remembered } of former) workers.push(await joinHub(remembered.list(Date.now())));
    await hub.settle();
    expect(workers.map(({ told }) => told)).toEqual([["welcome 1"], ["welcome 1"], ["welcome 1"]]);
    expect(workers.map(({ remembered }) => remembered.list(Date.now()).revocations.length)).toEqual([
      1, 1, 1,
    ]);
  });

  test("looks for the agent of a guest that visitors of a worker dial, and not for each of them", async () => {
    let sought = 0;
    const guest = createGuest(1);
    guest.seekAgent = () => void sought++;
    const { mirror } = await joinHub();
    const upstream = mirror.find(ID)!.findUpstream(1) as Upstream;
    for (let visit = 0; visit < 3; visit++) await upstream.dial();
    await hub.settle();
    expect(sought).toBe(1);
  });

  test("does not wait for a worker that has ended", async () => {
    const { socket } = await joinHub();
    await joinHub();
    socket.destroy();
    expect(await hub.revoke({ sandboxId: ID, links: [] })).toBe(2);
  });

  test("sums the counters of all", async () => {
    await joinHub();
    await joinHub();
    expect(await hub.stats()).toMatchObject({
      visitors: 2,
      tunnels: 0,
      counts: { refused: { port_closed: 4 } },
    });
  });
});
