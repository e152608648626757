import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { logExchange } from "../../../../connector/log-exchange.ts";
import type { ExchangeReport, RelayOptions } from "../../../../connector/relay/relay.ts";
import { refuse } from "../../../../shared/refusal/refusal.ts";
import { RawPeer } from "../../../support/relay/raw-peer.ts";
import { GET, OK, RelayStage, SOON_MS } from "../../../support/relay/relay-stage.ts";
import { destinationTo } from "../../../support/relay/start-relay.ts";

const stage = RelayStage.set();

/** As the connector: a pass is verified after the request has come. */
function verifying(guestPort: number): RelayOptions["findDestination"] {
  return async (head) => (head.pass === "valid" ? destinationTo(guestPort) : refuse("pass_invalid"));
}
const WITH_PASS = GET.replace("\r\n\r\n", "\r\nPreview-Pass: valid\r\n\r\n");

async function start(facts: Parameters<RelayStage["start"]>[0] = {}) {
  const guest = await stage.startGuest();
  const running = await stage.startRelay(guest.port, { findDestination: verifying(guest.port), ...facts });
  return { guest, running, visit: () => new RawPeer(running.connect()) };
}

describe("2.1 A visitor without a valid pass", () => {
  test("is closed after pass_invalid", async () => {
    const { visit, running } = await start();
    const visitor = visit();
    visitor.send(GET);
    const { status, fields } = await visitor.readResponse();
    expect([status, fields.get("preview-error"), fields.get("connection")]).toEqual([
      403,
      "pass_invalid",
      "close",
    ]);
    await visitor.readToEnd();
    await expect.poll(() => running.relay.stats().visitors).toBe(0);
  });

  test("is closed after pass_invalid also where a pass was valid before", async () => {
    const { visit, guest } = await start();
    const visitor = visit();
    visitor.send(WITH_PASS);
    (await guest.nextRequest()).respond(OK);
    await visitor.readResponse();
    visitor.send(GET);
    expect((await visitor.readResponse()).fields.get("connection")).toBe("close");
    expect(await visitor.readToEnd()).toBe("");
  });

  test.for([
    ["sends nothing", ""],
    ["sends an empty line", "\r\n"],
    ["sends a part of a head", "GET / HTTP/1.1\r\n"],
  ] as const)(
    "is closed after its time where it %s, and not after that of a head or an idle visitor",
    async ([, text]) => {
      const { visit, running } = await start({
        limits: { unprovenTimeoutMs: SOON_MS, lingerTimeoutMs: SOON_MS },
      });
      const visitor = visit();
      if (text !== "") visitor.send(text);
      await visitor.readToEnd();
      await expect.poll(() => running.relay.stats().visitors).toBe(0);
    },
  );

  test("keeps its connection once a pass is valid", async () => {
    const { visit, guest } = await start({ limits: { unprovenTimeoutMs: SOON_MS } });
    const visitor = visit();
    visitor.send(WITH_PASS);
    (await guest.nextRequest()).respond(OK);
    await visitor.readResponse();
    await sleep(3 * SOON_MS);
    visitor.send(WITH_PASS);
    (await guest.nextRequest()).respond(OK);
    expect((await visitor.readResponse()).status).toBe(200);
  });

  test("takes no place of a visitor with one: beyond the pool, the oldest goes", async () => {
    const limits = { maxUnprovenConnections: 3, unprovenGraceMs: 0 };
    const { visit, guest, running } = await start({ limits });
    const proven = visit();
    proven.send(WITH_PASS);
    (await guest.nextRequest()).respond(OK);
    await proven.readResponse();
    const silent: RawPeer[] = [];
    for (let count = 0; count < 10; count++) {
      silent.push(visit());
      await expect
        .poll(() => running.relay.stats().counts.unprovenDropped + running.relay.stats().unproven)
        .toBe(count + 1);
    }
    await Promise.all(silent.slice(0, 7).map((peer) => peer.readToEnd()));
    expect(running.relay.stats()).toMatchObject({ unproven: 3, visitors: 4, counts: { unprovenDropped: 7 } });
    const late = visit();
    for (const visitor of [proven, late]) {
      visitor.send(WITH_PASS);
      (await guest.nextRequest()).respond(OK);
      expect((await visitor.readResponse()).status).toBe(200);
    }
  });

  test("keeps its place for a moment where many come at once", async () => {
    const { visit, guest, running } = await start({ limits: { maxUnprovenConnections: 3 } });
    const visitors = Array.from({ length: 50 }, visit);
    await expect.poll(() => running.relay.stats().visitors).toBe(50);
    for (const visitor of visitors) {
      visitor.send(WITH_PASS);
      (await guest.nextRequest()).respond(OK);
      expect((await visitor.readResponse()).status).toBe(200);
    }
    expect(running.relay.stats().counts.unprovenDropped).toBe(0);
  });

  test("has its body left unread", async () => {
    const { visit, running } = await start({ limits: { lingerTimeoutMs: 60_000 } });
    const visitor = visit();
    visitor.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
    expect((await visitor.readResponse()).status).toBe(403);
    // More than the kernel holds for the two sockets.
    visitor.socket.write(Buffer.alloc(30_000_000));
    await sleep(10 * SOON_MS);
    expect(visitor.socket.writableLength).toBeGreaterThan(0);
    expect(running.relay.stats().visitors).toBe(1);
  });

  test("puts nothing of its own into a response or the log: 20 requests make one line", async () => {
    const lines: string[] = [];
    const log = pino({ level: "debug" }, { write: (line: string) => lines.push(line) });
    const reports: ExchangeReport[] = [];
    const write = logExchange(log);
    const { visit } = await start({
      onExchange: (report) => {
        reports.push(report);
        write(report);
      },
    });
    const junk = "j".repeat(30_000);
    for (let count = 0; count < 20; count++) {
      const visitor = visit();
      visitor.send(
        `GET / HTTP/1.1\r\nHost: a\r\nPreview-Request-Id: ${junk}\r\nPreview-Host: ${junk.slice(28_000)}\r\n\r\n`,
      );
      expect((await visitor.readResponse()).body).not.toContain("jjj");
    }
    expect(reports).toHaveLength(20);
    // They were 603 KB.
    expect(lines).toHaveLength(1);
    expect(lines.join("").length).toBeLessThan(500);
    expect(JSON.parse(lines[0]!)).toMatchObject({ counts: { pass_invalid: 1 } });
  });
});
