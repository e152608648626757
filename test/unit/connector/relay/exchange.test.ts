import { describe, expect, test } from "vitest";
import type { ExchangeReport } from "../../../../connector/relay/exchange-report.ts";
import { refuse } from "../../../../shared/refusal/refusal.ts";
import { RawGuest } from "../../../support/relay/raw-guest.ts";
import { RawPeer } from "../../../support/relay/raw-peer.ts";
import { GET, OK, openTunnel, RelayStage } from "../../../support/relay/relay-stage.ts";

const stage = RelayStage.set();

describe("Exchange", () => {
  test.for(["sync", "async"])("refuses with a bare 500 where findDestination throws (%s)", async (kind) => {
    const bugs: unknown[] = [];
    const bug = new Error("secret detail");
    const { visit } = await stage.start({
      findDestination: () => {
        if (kind === "sync") throw bug;
        return Promise.reject(bug);
      },
      onBug: (error, requestId) => bugs.push(error, requestId),
    });
    const visitor = visit();
    visitor.send("GET / HTTP/1.1\r\nHost: a\r\nPreview-Request-Id: r7\r\n\r\n");
    const response = await visitor.readResponse();
    expect(response.status).toBe(500);
    expect(response.body).not.toContain("secret");
    expect(bugs).toEqual([bug, "r7"]);
  });

  test("responds once where findDestination fails after the time for it", async () => {
    const reports: ExchangeReport[] = [];
    const late = Promise.withResolvers<never>();
    const bugs: unknown[] = [];
    let calls = 0;
    const { visit } = await stage.start({
      findDestination: () => (calls++ === 0 ? refuse("port_closed") : late.promise),
      limits: { responseHeadTimeoutMs: 50 },
      onBug: (error) => bugs.push(error),
      onExchange: (report) => reports.push(report),
    });
    const visitor = visit();
    visitor.send(GET);
    expect((await visitor.readResponse()).status).toBe(502);
    visitor.send(GET);
    expect((await visitor.readResponse()).status).toBe(504);
    late.reject(new Error("late"));
    await expect.poll(() => bugs.length).toBe(1);
    expect(reports.map(({ status }) => status)).toEqual([502, 504]);
  });

  test("refuses with port_closed where nothing listens", async () => {
    const guest = await RawGuest.start();
    await guest.close();
    const running = await stage.startRelay(guest.port);
    const visitor = new RawPeer(running.connect());
    visitor.send(GET);
    expect((await visitor.readResponse()).fields.get("preview-error")).toBe("port_closed");
  });

  test("reports each exchange and tunnel once, with its outcome", async () => {
    const reports: ExchangeReport[] = [];
    const { visit, guest, running } = await stage.start({ onExchange: (report) => reports.push(report) });
    const visitor = visit();
    visitor.send(GET);
    (await guest.nextRequest()).respond(OK);
    await visitor.readResponse();
    visitor.send(GET);
    const aborted = await guest.nextRequest();
    aborted.peer.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello");
    await visitor.readHead();
    aborted.peer.socket.resetAndDestroy();
    await visitor.closed();
    const leaver = visit();
    leaver.send(GET);
    const left = await guest.nextRequest();
    leaver.socket.destroy();
    await left.peer.readToEnd();
    const tunneller = visit();
    const peer = await openTunnel(tunneller, guest);
    tunneller.socket.destroy();
    await peer.readToEnd();
    peer.socket.end();
    await expect.poll(() => reports.length).toBe(4);
    expect(reports.map(({ outcome, status }) => [outcome, status])).toEqual([
      ["answered", 200],
      ["aborted", 200],
      ["visitor_left", 0],
      ["tunnel_closed", 101],
    ]);
    expect(running.relay.stats()).toMatchObject({ requests: 0, tunnels: 0 });
  });
});
