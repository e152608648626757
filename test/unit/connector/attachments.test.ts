import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AttachError, Attachments } from "../../../connector/attachments.ts";
import { Announcer } from "../../../connector/edge/announcer.ts";
import { EdgeError } from "../../../connector/edge/edge-client.ts";
import type { Guest } from "../../../connector/guests/guest.ts";
import { GuestStore } from "../../../connector/guests/guest-store.ts";
import { GuestTable } from "../../../connector/guests/guest-table.ts";
import { guestOfferSchema } from "../../../shared/protocol/control-api.ts";
import { FakeEdge } from "../../support/connector/fake-edge.ts";

const ID = "0f4bb8a1-3c2d-4e5f-8a9b-0c1d2e3f4a5b";
const LOG = pino({ level: "silent" });
const OFFER = guestOfferSchema.parse({ sandboxId: ID, workspace: "ws_1", address: "10.0.0.2" });
const NO_RESPONSE = new EdgeError("no response", 0);

let directory: string;
let edge: FakeEdge;
let guests: GuestTable;
let announcer: Announcer;
let attachments: Attachments;
let ended: Guest[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "attachments-"));
  edge = new FakeEdge();
  ended = [];
  guests = new GuestTable({
    store: new GuestStore(directory),
    onPortsChange() {},
    onDetach: (guest) => ended.push(guest),
  });
  await guests.load();
  announcer = new Announcer({ edge: edge.client, guests, log: LOG, renew: async () => {} });
  attachments = new Attachments({ guests, announcer, addresses: { allowLoopback: false }, log: LOG });
});

afterEach(async () => {
  announcer.stop();
  vi.useRealTimers();
  await rm(directory, { recursive: true });
});

/** The edge responds to nothing for long; its waits pass at once. */
async function loseEdge<Result>(work: () => Promise<Result>): Promise<Result> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  for (let count = 0; count < 20; count++) edge.outcomes.push(NO_RESPONSE);
  const calls = edge.calls.length;
  const done = work();
  done.catch(() => {});
  await vi.waitFor(() => expect(edge.calls.length).toBeGreaterThan(calls));
  await vi.advanceTimersByTimeAsync(10_000);
  return done;
}

describe("Attachments.attach()", () => {
  test("asks the edge before the former guest ends", async () => {
    const { guest: former } = await attachments.attach(OFFER);
    const attach = edge.attach;
    const seen: unknown[] = [];
    edge.attach = async (guest) => {
      seen.push(guests.find(ID) === former, ended.length);
      await attach(guest);
    };
    const { guest, edgeKnows } = await attachments.attach(OFFER);
    expect(seen).toEqual([true, 0]);
    expect([guests.find(ID), ended, edgeKnows]).toEqual([guest, [former], true]);
  });

  test.each([
    [404, "not_found"],
    [403, "forbidden"],
    [409, "conflict"],
  ])("changes nothing where the edge refuses with %i", async (status, code) => {
    const { guest: former } = await attachments.attach(OFFER);
    edge.outcomes.push(new EdgeError("the edge's own words", status, { code }));
    await expect(attachments.attach(OFFER)).rejects.toThrow(new AttachError("the edge's own words"));
    expect([guests.find(ID), ended]).toEqual([former, []]);
    expect(edge.calls.filter((call) => call.startsWith("detach"))).toEqual([]);
  });

  test("attaches without an edge that does not respond in time, and goes on announcing", async () => {
    const { guest: former } = await attachments.attach(OFFER);
    const { guest, edgeKnows } = await loseEdge(() => attachments.attach({ ...OFFER, address: "10.0.0.3" }));
    expect([guests.find(ID), ended, edgeKnows]).toEqual([guest, [former], false]);
    edge.outcomes.length = 0;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(edge.calls.at(-1)).toBe(`attach ${guest.generation}`);
    expect(announcer.describe(guest)).toEqual({ edgeKnows: true });
  });

  test("ends no guest for another workspace's while the edge does not respond", async () => {
    const { guest: former } = await attachments.attach(OFFER);
    const attaching = loseEdge(() => attachments.attach({ ...OFFER, workspace: "other" }));
    await expect(attaching).rejects.toThrow(/the edge does not respond, .* runs here for workspace ws_1/);
    expect([guests.find(ID), ended]).toEqual([former, []]);
    edge.outcomes.length = 0;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(edge.calls.at(-1), "the edge may have accepted it").toMatch(/^detach/);
  });

  test("of a guest that is attached again before the edge has responded is abandoned", async () => {
    edge.outcomes.push(new EdgeError("no", 503));
    const former = attachments.attach(OFFER);
    const refused = expect(former).rejects.toThrow(AttachError);
    await vi.waitFor(() => expect(edge.calls).toHaveLength(1));
    const newer = await attachments.attach(OFFER);
    await refused;
    expect(newer.edgeKnows).toBe(true);
    expect(guests.list()).toEqual([newer.guest]);
    expect(edge.calls).toEqual([
      expect.stringMatching(/^attach/),
      edge.calls[0]?.replace("attach", "detach"),
      `attach ${newer.guest.generation}`,
    ]);
  });
});

describe("Attachments.renew()", () => {
  test("announces a guest in a new generation, and ends the former one after that", async () => {
    const { guest: former } = await attachments.attach(OFFER);
    await attachments.renew(former);
    const guest = guests.find(ID);
    expect(guest?.generation).not.toBe(former.generation);
    expect([ended, edge.calls.at(-1)]).toEqual([[former], `attach ${guest?.generation}`]);
  });

  test("keeps the guest as it is where the edge refuses the new generation", async () => {
    const { guest: former } = await attachments.attach(OFFER);
    edge.outcomes.push(new EdgeError("overtaken", 409, { code: "conflict" }));
    await expect(attachments.renew(former)).rejects.toThrow("overtaken");
    expect([guests.find(ID), ended]).toEqual([former, []]);
  });
});

describe("Attachments.detach()", () => {
  test("ends the guest before it calls the edge, and says whether that has responded", async () => {
    const { guest } = await attachments.attach(OFFER);
    const { edgeKnows } = (await loseEdge(() => attachments.detach(ID))) ?? {};
    expect([guests.find(ID), ended, edgeKnows]).toEqual([undefined, [guest], false]);
  });

  test("abandons an attach that waits for the edge, which forgets what it may have accepted", async () => {
    edge.outcomes.push(NO_RESPONSE);
    const attaching = expect(attachments.attach(OFFER)).rejects.toThrow(/a later call .* has detached it/);
    await vi.waitFor(() => expect(edge.calls).toHaveLength(1));
    expect(await attachments.detach(ID)).toMatchObject({ edgeKnows: true });
    await attaching;
    expect(guests.list()).toEqual([]);
    expect(edge.calls.at(-1)).toMatch(/^detach/);
  });
});

test("a heartbeat that is sent while the edge decides about a new guest lists it: the edge would end it else", async () => {
  const listed: number[] = [];
  edge.heartbeat = async (sent) => {
    listed.push(sent.length);
    return [];
  };
  edge.attach = async () => {
    announcer.start();
    await vi.waitFor(() => expect(listed).toHaveLength(1));
  };
  await attachments.attach(OFFER);
  expect(listed).toEqual([1]);
});
