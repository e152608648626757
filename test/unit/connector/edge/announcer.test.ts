import { mkdtemp, rm } from "node:fs/promises";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKeyPair, jwtVerify } from "jose";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Attachments } from "../../../../connector/attachments.ts";
import { Announcer } from "../../../../connector/edge/announcer.ts";
import type { EdgeClient } from "../../../../connector/edge/edge-client.ts";
import { EdgeError, EdgeClient as RealEdgeClient } from "../../../../connector/edge/edge-client.ts";
import { Guest } from "../../../../connector/guests/guest.ts";
import { GuestStore } from "../../../../connector/guests/guest-store.ts";
import { GuestTable } from "../../../../connector/guests/guest-table.ts";
import { createGeneration } from "../../../../shared/generation.ts";
import { guestOfferSchema } from "../../../../shared/protocol/control-api.ts";

const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const LOG = pino({ level: "silent" });

function createGuest(sandboxId = ID): Guest {
  const offer = guestOfferSchema.parse({ sandboxId, workspace: "ws_1", address: "10.0.0.2", ports: [3000] });
  return new Guest({ ...offer, generation: createGeneration(Date.now()) }, { onPortsChange() {} });
}

/** An edge that answers as told, one outcome after the other, and then always yes. */
class FakeEdge {
  readonly calls: string[] = [];
  readonly outcomes: (EdgeError | undefined)[] = [];
  missing: string[] = [];

  attach = (guest: Guest) => this.#answer(`attach ${guest.generation}`);
  detach = (guest: Guest) => this.#answer(`detach ${guest.generation}`);
  reportPorts = (guest: Guest) => this.#answer(`ports ${guest.ports.join()}`);
  heartbeat = async (guests: readonly Guest[]): Promise<string[]> => {
    await this.#answer(`heartbeat ${guests.length}`);
    return this.missing.splice(0);
  };

  async #answer(call: string): Promise<void> {
    this.calls.push(call);
    const outcome = this.outcomes.shift();
    if (outcome !== undefined) throw outcome;
  }
}

/** The part of a guest table that an announcer reads. */
function createTable(...guests: Guest[]) {
  const held = new Map(guests.map((guest) => [guest.sandboxId, guest]));
  const table = { find: (id: string) => held.get(id), list: () => [...held.values()] };
  return { held, table: table as unknown as GuestTable };
}

describe("Announcer", () => {
  let edge: FakeEdge;
  let announcer: Announcer;

  beforeEach(() => {
    vi.useFakeTimers();
    edge = new FakeEdge();
  });

  afterEach(() => {
    announcer.stop();
    vi.useRealTimers();
  });

  function create(table: GuestTable): Announcer {
    announcer = new Announcer(edge as unknown as EdgeClient, table, LOG);
    return announcer;
  }

  test.each([
    ["no answer", 0],
    ["a clock that is off", 401],
    ["too many calls", 429],
    ["a bug", 500],
    ["an overloaded edge", 503],
  ])("announce() repeats a call that failed for %s, with growing pauses", async (_case, status) => {
    const guest = createGuest();
    edge.outcomes.push(new EdgeError("no", status), new EdgeError("no", status), new EdgeError("no", status));
    const announced = create(createTable(guest).table).announce(guest);
    await vi.advanceTimersByTimeAsync(0);
    expect(edge.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(249);
    expect(edge.calls).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(edge.calls).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(500);
    expect(edge.calls).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(1000);
    await announced;
    expect(edge.calls).toEqual(Array(4).fill(`attach ${guest.generation}`));
  });

  test("announce() pauses at most 10 s", async () => {
    const guest = createGuest();
    for (let count = 0; count < 20; count++) edge.outcomes.push(new EdgeError("no", 0));
    void create(createTable(guest).table).announce(guest);
    await vi.advanceTimersByTimeAsync(60_000);
    const before = edge.calls.length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(edge.calls.length).toBe(before + 1);
  });

  test.each([400, 403, 404, 409])("announce() gives up on %i, which does not pass", async (status) => {
    const guest = createGuest();
    edge.outcomes.push(new EdgeError("no", status));
    await expect(create(createTable(guest).table).announce(guest)).rejects.toMatchObject({ status });
    expect(edge.calls).toHaveLength(1);
  });

  test("announce() stops repeating for a guest that was replaced, and announces the new one", async () => {
    const guest = createGuest();
    const { held, table } = createTable(guest);
    edge.outcomes.push(new EdgeError("no", 503));
    const announced = create(table).announce(guest);
    await vi.advanceTimersByTimeAsync(0);
    const newer = createGuest();
    held.set(ID, newer);
    const announcedNewer = announcer.announce(newer);
    await vi.advanceTimersByTimeAsync(250);
    expect(await Promise.all([announced, announcedNewer])).toEqual([false, true]);
    expect(edge.calls).toEqual([`attach ${guest.generation}`, `attach ${newer.generation}`]);
  });

  test("withdraw() comes after the announcement of the same sandbox, and is repeated though the guest is gone", async () => {
    const guest = createGuest();
    const { held, table } = createTable(guest);
    create(table);
    const announced = announcer.announce(guest);
    await announced;
    held.delete(ID);
    edge.outcomes.push(new EdgeError("no", 0));
    const withdrawn = announcer.withdraw(guest);
    await vi.advanceTimersByTimeAsync(250);
    await withdrawn;
    expect(edge.calls.slice(1)).toEqual([`detach ${guest.generation}`, `detach ${guest.generation}`]);
  });

  test("reportPorts() tells changes that come while a call waits together", async () => {
    const guest = createGuest();
    edge.outcomes.push(new EdgeError("no", 503));
    create(createTable(guest).table);
    const announced = announcer.announce(guest);
    for (const port of [3001, 3002, 3003]) {
      guest.reportPorts([port]);
      announcer.reportPorts(guest);
    }
    await vi.advanceTimersByTimeAsync(250);
    await announced;
    await vi.advanceTimersByTimeAsync(0);
    expect(edge.calls.slice(2)).toEqual(["ports 3003"]);
  });

  test("one sandbox's trouble keeps no other waiting", async () => {
    const first = createGuest();
    const second = createGuest("1f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b");
    edge.outcomes.push(new EdgeError("no", 0));
    create(createTable(first, second).table);
    void announcer.announce(first);
    await announcer.announce(second);
    expect(edge.calls).toEqual([`attach ${first.generation}`, `attach ${second.generation}`]);
  });

  test("start() announces every guest, beats every 15 s, and announces again what the edge has lost", async () => {
    const guest = createGuest();
    create(createTable(guest).table).start();
    await vi.advanceTimersByTimeAsync(0);
    expect(edge.calls.toSorted()).toEqual([`attach ${guest.generation}`, "heartbeat 1"]);
    edge.missing = [ID, "unknown"];
    await vi.advanceTimersByTimeAsync(14_999);
    expect(edge.calls).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(edge.calls.slice(2)).toEqual(["heartbeat 1", `attach ${guest.generation}`]);
  });

  test("start() goes on beating after a heartbeat that failed", async () => {
    create(createTable().table).start();
    edge.outcomes.push(new EdgeError("no", 503));
    await vi.advanceTimersByTimeAsync(15_000);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(edge.calls).toEqual(["heartbeat 0", "heartbeat 0", "heartbeat 0"]);
  });

  test("stop() ends retries and heartbeats", async () => {
    const guest = createGuest();
    edge.outcomes.push(new EdgeError("no", 0), new EdgeError("no", 0));
    create(createTable(guest).table).start();
    const announced = announcer.announce(guest);
    await vi.advanceTimersByTimeAsync(0);
    announcer.stop();
    expect(await announced).toBe(false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(edge.calls).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("Attachments", () => {
  test("attach() of a guest that is replaced before the edge has answered does not say that the edge knows it", async () => {
    const directory = await mkdtemp(join(tmpdir(), "attachments-"));
    const edge = new FakeEdge();
    edge.outcomes.push(new EdgeError("no", 503));
    const guests = new GuestTable({
      store: new GuestStore(directory),
      onPortsChange() {},
      onDetach() {},
    });
    await guests.load();
    const attachments = new Attachments(
      guests,
      new Announcer(edge as unknown as EdgeClient, guests, LOG),
      LOG,
    );
    const offer = guestOfferSchema.parse({ sandboxId: ID, workspace: "ws_1", address: "10.0.0.2" });
    const former = attachments.attach(offer);
    await vi.waitFor(() => expect(edge.calls).toHaveLength(1));
    const newer = await attachments.attach(offer);
    expect(newer.edgeKnows).toBe(true);
    expect((await former).edgeKnows).toBe(false);
    expect(edge.calls.at(-1)).toBe(`attach ${newer.guest.generation}`);
    await rm(directory, { recursive: true });
  });
});

describe("EdgeClient", () => {
  async function serve(answer: (request: http.IncomingMessage, response: http.ServerResponse) => void) {
    const { privateKey, publicKey } = await generateKeyPair("EdDSA");
    const server = http.createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = new RealEdgeClient({ api, hostId: "host-1", key: privateKey });
    return { client, publicKey, close: () => server.close() };
  }

  test("signs each call with the host's key, for the edge", async () => {
    const seen: { url: string | undefined; token: string }[] = [];
    const { client, publicKey, close } = await serve((request, response) => {
      seen.push({ url: request.url, token: (request.headers.authorization ?? "").replace("Bearer ", "") });
      response.end("{}");
    });
    await client.attach(createGuest());
    close();
    expect(seen[0]?.url).toBe("/v1/hosts/host-1/attach");
    const verified = await jwtVerify(seen[0]?.token ?? "", publicKey, { audience: "preview-edge" });
    expect(verified.payload.iss).toBe("host-1");
  });

  test.each([
    [409, false],
    [404, false],
    [429, true],
    [503, true],
  ])("throws EdgeError for %i, with the edge's own words; passing: %s", async (status, passing) => {
    const { client, close } = await serve((_request, response) => {
      response.writeHead(status).end(JSON.stringify({ detail: "Because." }));
    });
    const failure = await client.attach(createGuest()).catch((error: unknown) => error);
    close();
    expect(failure).toBeInstanceOf(EdgeError);
    expect(failure).toMatchObject({
      status,
      passing,
      message: `the edge refused attach with ${status}: Because.`,
    });
  });

  test("throws a passing EdgeError where nobody answers, or not in JSON", async () => {
    const { client, close } = await serve((_request, response) => response.end("<html>"));
    await expect(client.attach(createGuest())).rejects.toMatchObject({ status: 0, passing: true });
    close();
    const { client: lost, close: closeLost } = await serve((request) => request.socket.destroy());
    await expect(lost.heartbeat([], 0)).rejects.toMatchObject({ status: 0, passing: true });
    closeLost();
  });

  test("takes nothing but texts from a heartbeat's answer", async () => {
    const { client, close } = await serve((_request, response) => response.end(`{"missing":["a",1,null]}`));
    expect(await client.heartbeat([], 0)).toEqual(["a"]);
    close();
  });
});
