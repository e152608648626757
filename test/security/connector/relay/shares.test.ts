import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { RelayLimits } from "../../../../connector/relay/relay.ts";
import { DEFAULT_RELAY_LIMITS } from "../../../../connector/relay/relay.ts";
import type { RawGuest } from "../../../support/relay/raw-guest.ts";
import { RawPeer } from "../../../support/relay/raw-peer.ts";
import { ACCEPTED, GET, HANDSHAKE, OK, RelayStage, SOON_MS } from "../../../support/relay/relay-stage.ts";
import type { RunningRelay } from "../../../support/relay/start-relay.ts";
import { destinationTo } from "../../../support/relay/start-relay.ts";

const stage = RelayStage.set();

/** One byte of a body that never ends. */
const UPLOAD = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\na";

/** A relay whose requests name their holder, sandbox and workspace in these fields. */
async function start(limits: Partial<RelayLimits> = {}) {
  const guest = await stage.startGuest();
  const guests = new Map<string, { sandboxId: string; workspace: string }>();
  const running = await stage.startRelay(guest.port, {
    limits,
    findDestination: (head) => {
      const [sandboxId = "s", workspace = "w"] = (head.field("x-sandbox") ?? "s/w").split("/");
      const known = guests.get(sandboxId) ?? { sandboxId, workspace };
      guests.set(sandboxId, known);
      return destinationTo(guest.port, {
        destination: { holder: head.field("x-holder") ?? "" },
        upstream: { guest: known },
      });
    },
  });
  return { guest, running };
}

function from(request: string, holder: string, sandbox = "s/w"): string {
  return request.replace("\r\n", `\r\nX-Holder: ${holder}\r\nX-Sandbox: ${sandbox}\r\n`);
}

/** Sends requests one after the other, each on a connection of its own, until one is refused. @returns how many were not */
async function open(running: RunningRelay, guest: RawGuest, request: string, count: number): Promise<number> {
  for (let opened = 0; opened < count; opened++) {
    const before = guest.received;
    const visitor = new RawPeer(running.connect());
    visitor.send(request);
    while (guest.received === before && visitor.unread === "") await setImmediate();
    if (guest.received === before) {
      expect((await visitor.readResponse()).fields.get("preview-error")).toBe("too_many_connections");
      return opened;
    }
    const { peer } = await guest.nextRequest();
    if (!request.includes("websocket")) continue;
    peer.send(ACCEPTED);
    await visitor.readHead();
  }
  return count;
}

async function respondsTo(running: RunningRelay, request: string): Promise<RawPeer> {
  const visitor = new RawPeer(running.connect());
  visitor.send(request);
  return visitor;
}

describe("2.8 One link, or one client of the public name", () => {
  test("has a quarter of a sandbox's 256 requests once half of them are taken", async () => {
    const { running, guest } = await start();
    const { maxRequestsPerSandbox } = DEFAULT_RELAY_LIMITS;
    expect(maxRequestsPerSandbox).toBe(256);
    // 256 one-byte uploads under one link: no more than the first half.
    expect(await open(running, guest, from(UPLOAD, "evil"), 256)).toBe(128);
    expect(running.relay.stats().requests).toBe(128);
  });

  test("leaves its neighbours what they need", async () => {
    const { running, guest } = await start();
    await open(running, guest, from(UPLOAD, "evil"), 256);
    const visitor = await respondsTo(running, from(GET, "neighbour"));
    (await guest.nextRequest()).respond(OK);
    expect((await visitor.readResponse()).status).toBe(200);
    expect(await open(running, guest, from(UPLOAD, "other"), 256)).toBe(64);
  });

  test("has a quarter of a sandbox's tunnels once half of them are taken", async () => {
    const { running, guest } = await start({ maxTunnelsPerSandbox: 16 });
    expect(await open(running, guest, from(HANDSHAKE, "evil"), 16)).toBe(8);
    expect(await open(running, guest, from(HANDSHAKE, "other"), 16)).toBe(4);
    await expect.poll(() => running.relay.stats().tunnels).toBe(12);
  });

  test("is counted anew once its requests are over", async () => {
    const { running, guest } = await start({ maxRequestsPerSandbox: 4 });
    for (let round = 0; round < 5; round++) {
      const visitor = new RawPeer(running.connect());
      visitor.send(from(GET, "a"));
      (await guest.nextRequest()).respond(OK);
      expect((await visitor.readResponse()).status).toBe(200);
      visitor.socket.destroy();
    }
    expect(await open(running, guest, from(UPLOAD, "a"), 4)).toBe(2);
  });
});

describe("2.8 One workspace", () => {
  test("has a quarter of a connector's streams once half of them are taken", async () => {
    const { running, guest } = await start({
      maxStreams: 16,
      maxRequestsPerSandbox: 4,
      sharesBindAtPercent: 50,
    });
    // Four sandboxes with four holders each.
    let opened = 0;
    for (let index = 0; index < 16; index++)
      opened += await open(running, guest, from(UPLOAD, `h${index}`, `s${index % 4}/evil`), 1);
    expect(opened).toBe(8);
    expect(await open(running, guest, from(UPLOAD, "x", "other/good"), 1)).toBe(1);
    expect(DEFAULT_RELAY_LIMITS).toMatchObject({
      maxStreams: 10_000,
      workspaceSharePercent: 25,
      holderSharePercent: 25,
      sharesBindAtPercent: 50,
    });
  });
});

describe("2.8 Where a limit is reached", () => {
  const full = { sharesBindAtPercent: 101, minIdleUploadMs: 1, minIdleTunnelMs: 1 };

  test("the idlest upload of the sandbox makes room", async () => {
    const { running, guest } = await start({ ...full, maxRequestsPerSandbox: 2 });
    const visitors = [await respondsTo(running, from(UPLOAD, "a"))];
    const first = await guest.nextRequest();
    await first.peer.readBytes(1);
    visitors.push(await respondsTo(running, from(UPLOAD, "b")));
    const second = await guest.nextRequest();
    await second.peer.readBytes(1);
    // The first one moves, so the second is the idlest.
    visitors[0]!.send("b");
    await first.peer.readBytes(1);
    await sleep(SOON_MS);
    const late = await lateVisitor(running, guest);
    expect(late.status).toBe(200);
    const ended = await visitors[1]!.readResponse();
    expect([ended.status, ended.fields.get("preview-error")]).toEqual([503, "too_many_connections"]);
    visitors[0]!.send("c");
    expect(await first.peer.readBytes(1)).toBe("c");
    expect(running.relay.stats().counts.endedForRoom).toBe(1);
  });

  test("the idlest tunnel makes room for another, with 1001", async () => {
    const { running, guest } = await start({ ...full, maxTunnelsPerSandbox: 1 });
    const old = await respondsTo(running, from(HANDSHAKE, "a"));
    (await guest.nextRequest()).peer.send(ACCEPTED);
    await old.readHead();
    // The tunnel's clock is that of the sweep.
    await sleep(SOON_MS);
    expect(await open(running, guest, from(HANDSHAKE, "b"), 1)).toBe(1);
    expect(await old.readToEnd()).toBe("\x88\x02\x03\xe9");
  });

  test("of all streams, uploads make room before tunnels", async () => {
    const { running, guest } = await start({ ...full, maxStreams: 2 });
    const tunneller = await respondsTo(running, from(HANDSHAKE, "a", "s1/w1"));
    (await guest.nextRequest()).peer.send(ACCEPTED);
    await tunneller.readHead();
    const uploader = await respondsTo(running, from(UPLOAD, "b", "s2/w2"));
    await (await guest.nextRequest()).peer.readBytes(1);
    await sleep(SOON_MS);
    const late = await lateVisitor(running, guest);
    expect(late.status).toBe(200);
    expect((await uploader.readResponse()).status).toBe(503);
    expect(tunneller.finished).toBe(false);
    await expect.poll(() => running.relay.stats().requests).toBe(0);
  });

  test("nothing that has moved lately makes room", async () => {
    const { running, guest } = await start({ ...full, maxRequestsPerSandbox: 1, minIdleUploadMs: 60_000 });
    await respondsTo(running, from(UPLOAD, "a"));
    await (await guest.nextRequest()).peer.readBytes(1);
    const visitor = await respondsTo(running, from(GET, "b"));
    expect((await visitor.readResponse()).status).toBe(503);
    expect(running.relay.stats().counts.endedForRoom).toBe(0);
  });

  async function lateVisitor(running: RunningRelay, guest: RawGuest) {
    const visitor = await respondsTo(running, from(GET, "late", "s/w"));
    (await guest.nextRequest()).respond(OK);
    return visitor.readResponse();
  }
});
