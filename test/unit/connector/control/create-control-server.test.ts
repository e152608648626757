import { mkdtemp, rm } from "node:fs/promises";
import * as http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Attachments } from "../../../../connector/attachments.ts";
import { ControlError, callControl } from "../../../../connector/control/call-control.ts";
import { createControlServer } from "../../../../connector/control/create-control-server.ts";
import type { JsonServer } from "../../../../connector/control/serve-json.ts";
import { Announcer } from "../../../../connector/edge/announcer.ts";
import type { EdgeClient } from "../../../../connector/edge/edge-client.ts";
import { EdgeError } from "../../../../connector/edge/edge-client.ts";
import { GuestStore } from "../../../../connector/guests/guest-store.ts";
import { GuestTable } from "../../../../connector/guests/guest-table.ts";
import { createRelay, DEFAULT_RELAY_LIMITS } from "../../../../connector/relay/relay.ts";
import { NO_STATS } from "../../../../connector/workers/sum-stats.ts";
import { refuse } from "../../../../shared/refusal/refusal.ts";

const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const OFFER = { sandboxId: ID, workspace: "ws_1", address: "10.0.0.2" };
const LOG = pino({ level: "silent" });

let directory: string;
let socketPath: string;
let guests: GuestTable;
let control: JsonServer;
let refusal: EdgeError | undefined;
let calls: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "control-"));
  socketPath = join(directory, "run", "control.sock");
  refusal = undefined;
  calls = [];
  guests = new GuestTable({
    store: new GuestStore(join(directory, "guests")),
    onPortsChange() {},
    onDetach: (guest) => calls.push(`ended ${guest.sandboxId}`),
  });
  await guests.load();
  control = await start();
});

afterEach(async () => {
  control.close();
  await rm(directory, { recursive: true });
});

async function respond(verb: string): Promise<void> {
  calls.push(verb);
  if (refusal !== undefined) throw refusal;
}

function start(): Promise<JsonServer> {
  const edge = { attach: () => respond("attach"), detach: () => respond("detach") };
  const relay = createRelay({
    limits: DEFAULT_RELAY_LIMITS,
    findDestination: () => refuse("guest_not_here"),
    onExchange() {},
    onBug() {},
  });
  const announcer = new Announcer({
    edge: edge as unknown as EdgeClient,
    guests,
    log: LOG,
    renew: async () => {},
  });
  const addresses = { allowLoopback: false };
  const attachments = new Attachments({ guests, announcer, addresses, log: LOG });
  const status = () => ({ hostId: "host-1", instance: "i".repeat(22), version: "1", edge: {}, keys: {} });
  return createControlServer({
    place: socketPath,
    guests,
    attachments,
    announcer,
    relays: { stats: () => ({ ...NO_STATS, ...relay.stats() }) },
    status,
    log: LOG,
  });
}

function call(method: string, path: string, body?: unknown): Promise<unknown> {
  return callControl(socketPath, method, path, body);
}

describe("createControlServer()", () => {
  test("POST /guests attaches, and responds when the edge knows", async () => {
    const guest = await call("POST", "/guests", { ...OFFER, ports: [3000] });
    expect(guest).toMatchObject({ ...OFFER, ports: [3000], edgeKnows: true });
    expect(calls).toEqual(["attach"]);
    expect(guests.find(ID)?.generation).toBe((guest as { generation: string }).generation);
    expect(await call("GET", "/guests")).toMatchObject({ guests: [{ sandboxId: ID, ports: [3000] }] });
  });

  test("POST /guests attaches nothing where the edge refuses for good", async () => {
    refusal = new EdgeError("the edge refused attach with 404: There is no workspace.", 404);
    await expect(call("POST", "/guests", OFFER)).rejects.toThrow("There is no workspace.");
    expect(guests.find(ID)).toBeUndefined();
    expect(calls).toEqual(["attach"]);
  });

  test.each([
    ["an unknown member", { ...OFFER, adress: "10.0.0.2" }, /adress/],
    ["a bad address", { ...OFFER, address: "guest" }, /address must be an IP address/],
    ["a bad id", { ...OFFER, sandboxId: "x" }, /sandboxId must be a UUID/],
    ["no body", undefined, /.+/],
  ])("POST /guests refuses %s, and names it", async (_case, body, message) => {
    await expect(call("POST", "/guests", body)).rejects.toThrow(ControlError);
    await expect(call("POST", "/guests", body)).rejects.toThrow(message);
    expect(guests.list()).toEqual([]);
  });

  test("POST /guests refuses a body that is not JSON, or larger than any offer", async () => {
    for (const text of ["{", `"${"x".repeat(70_000)}"`]) {
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const request = http.request({ socketPath, method: "POST", path: "/guests" }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        request.on("error", reject);
        request.end(text);
      });
      expect(status).toBe(400);
    }
  });

  test("DELETE /guests/{id} detaches, in any case of the id", async () => {
    await call("POST", "/guests", OFFER);
    expect(await call("DELETE", `/guests/${ID.toUpperCase()}`)).toMatchObject({
      sandboxId: ID,
      edgeKnows: true,
    });
    expect(guests.list()).toEqual([]);
    expect(calls).toEqual(["attach", `ended ${ID}`, "detach"]);
    await expect(call("DELETE", `/guests/${ID}`)).rejects.toThrow("no such guest");
  });

  test("PUT /guests/{id}/ports reports", async () => {
    await call("POST", "/guests", OFFER);
    expect(await call("PUT", `/guests/${ID}/ports`, { ports: [8080, 80] })).toMatchObject({
      ports: [80, 8080],
    });
    await expect(call("PUT", `/guests/${ID}/ports`, { ports: [0] })).rejects.toThrow(/ports\.0/);
    await expect(call("PUT", `/guests/${ID.replace("0", "1")}/ports`, { ports: [] })).rejects.toThrow(
      /no such/,
    );
  });

  test("GET /status shows whether edge and connector reach each other", async () => {
    expect(await call("GET", "/status")).toMatchObject({ hostId: "host-1", edge: {}, keys: {} });
  });

  test("GET /stats shows the relay's numbers", async () => {
    expect(await call("GET", "/stats")).toMatchObject({ requests: 0, tunnels: 0 });
  });

  test.each([
    ["GET", "/", "no such resource"],
    ["PATCH", `/guests/${ID}`, "no such resource"],
    ["DELETE", "/guests/x", "the sandbox must be a UUID"],
  ])("refuses %s %s", async (method, path, message) => {
    await expect(call(method, path)).rejects.toThrow(message);
  });
});
