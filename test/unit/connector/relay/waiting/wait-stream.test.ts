import { describe, expect, test } from "vitest";
import type { Destination, ExchangeReport, RelayLimits } from "../../../../../connector/relay/relay.ts";
import { refuse } from "../../../../../shared/refusal/refusal.ts";
import { ClosedPort } from "../../../../support/relay/closed-port.ts";
import { parseRawFields, RawPeer } from "../../../../support/relay/raw-peer.ts";
import { GET, OK, RelayStage, SOON_MS } from "../../../../support/relay/relay-stage.ts";
import { destinationTo } from "../../../../support/relay/start-relay.ts";

const WAIT = "GET /app?x=1 HTTP/1.1\r\nHost: a\r\npreview-wait: 1\r\n\r\n";
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const COMMENT = chunk(": waiting\n\n");
const OPEN = chunk("event: open\ndata: \n\n");
const END = "0\r\n\r\n";

const stage = RelayStage.set();

async function start(facts: { limits?: Partial<RelayLimits>; destination?: Partial<Destination> } = {}) {
  const guest = await stage.startGuest();
  const port = new ClosedPort(guest.port);
  const reports: ExchangeReport[] = [];
  const destination = destinationTo(guest.port, { upstream: port.upstream, ...facts });
  const running = await stage.startRelay(guest.port, {
    ...facts,
    findDestination: () => destination,
    onExchange: (report) => reports.push(report),
  });
  return { guest, port, reports, running, destination, visit: () => new RawPeer(running.connect()) };
}

/** Sends the page's request, and reads the beginning of its stream. */
async function beginToWait(visitor: RawPeer): Promise<ReadonlyMap<string, string>> {
  visitor.send(WAIT);
  const head = await visitor.readHead();
  expect(head).toMatch(/^HTTP\/1\.1 200 /);
  expect(await visitor.readBytes(COMMENT.length)).toBe(COMMENT);
  return parseRawFields(head);
}

describe("the stream of a page that waits", () => {
  test("begins at once, as a response of ours that is not kept anywhere", async () => {
    const { visit } = await start();
    const fields = await beginToWait(visit());
    expect(Object.fromEntries(fields)).toEqual({
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
      "preview-wait": "1",
      "x-robots-tag": "noindex",
      "cloudflare-cdn-cache-control": "no-store",
      "transfer-encoding": "chunked",
    });
  });

  test("says that the port is open, ends, and leaves the connection to the next request", async () => {
    const { guest, port, reports, visit } = await start();
    const visitor = visit();
    await beginToWait(visitor);
    port.open();
    expect(await visitor.readBytes(OPEN.length + END.length)).toBe(OPEN + END);
    visitor.send(GET);
    (await guest.nextRequest()).respond(OK);
    expect((await visitor.readResponse()).body).toBe("ok");
    expect(reports[0]).toMatchObject({ outcome: "answered", status: 200, refused: undefined });
  });

  test("never sends the page's request to the guest, also where its port is open", async () => {
    const { guest, port, visit } = await start();
    port.open();
    const visitor = visit();
    await beginToWait(visitor);
    port.announce();
    expect(await visitor.readBytes(OPEN.length)).toBe(OPEN);
    expect([guest.connections, port.dials]).toEqual([0, 0]);
  });

  test("ends after its time", async () => {
    const { port, running, visit } = await start({ limits: { waitStreamMs: SOON_MS } });
    const visitor = visit();
    await beginToWait(visitor);
    const timeout = chunk("event: timeout\ndata: \n\n") + END;
    expect(await visitor.readBytes(timeout.length)).toBe(timeout);
    expect(port.watched).toBe(0);
    expect(running.relay.stats()).toMatchObject({ waiters: 0, counts: { timedOut: 0 } });
  });

  test("has a comment at intervals", async () => {
    const { visit } = await start({ limits: { waiterKeepAliveMs: SOON_MS } });
    const visitor = visit();
    await beginToWait(visitor);
    for (let count = 0; count < 3; count++) await visitor.readUntil(COMMENT);
  });

  test("takes no slot of an app's request", async () => {
    const { running, visit } = await start({ limits: { maxStreams: 1, maxRequestsPerSandbox: 1 } });
    for (let count = 0; count < 3; count++) await beginToWait(visit());
    expect(running.relay.stats()).toMatchObject({ requests: 0, waiters: 3 });
  });

  test("ends with the visitor", async () => {
    const { port, running, visit } = await start();
    const visitor = visit();
    await beginToWait(visitor);
    visitor.socket.destroy();
    await expect.poll(() => running.relay.stats().waiters).toBe(0);
    expect(port.watched).toBe(0);
  });

  test("ends without an event when the guest is detached", async () => {
    const { port, running, destination, visit } = await start();
    const visitor = visit();
    await beginToWait(visitor);
    running.relay.closeGuest({ sandboxId: "another" });
    expect(running.relay.stats().waiters).toBe(1);
    running.relay.closeGuest(destination.upstream.guest);
    expect(port.watched).toBe(0);
    expect(await visitor.readBytes(END.length)).toBe(END);
  });

  test("ends without an event at a drain, which waits for no port", async () => {
    const { running, visit } = await start();
    const visitor = visit();
    await beginToWait(visitor);
    const drained = running.relay.drain();
    expect(await visitor.readToEnd()).toBe(END);
    visitor.socket.end();
    await drained;
  });

  test("is cut when the grant expires", async () => {
    const { visit } = await start({ destination: { expiresAtMs: Date.now() + 200 } });
    const visitor = visit();
    await beginToWait(visitor);
    expect(await visitor.readToEnd()).toBe("");
    expect(await visitor.isAborted()).toBe(true);
  });

  test("is cut when the grant is revoked", async () => {
    const { port, running, visit } = await start();
    const visitor = visit();
    await beginToWait(visitor);
    expect(running.relay.cut(() => refuse("suspended"))).toBe(1);
    expect(await visitor.readToEnd()).toBe("");
    expect(await visitor.isAborted()).toBe(true);
    expect(port.watched).toBe(0);
  });

  test("is delimited by the connection's end for a client of HTTP/1.0", async () => {
    const { port, visit } = await start();
    const visitor = visit();
    visitor.send("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\npreview-wait: 1\r\n\r\n");
    const fields = parseRawFields(await visitor.readHead());
    expect([fields.get("connection"), fields.get("transfer-encoding")]).toEqual(["close", undefined]);
    await visitor.readUntil(": waiting\n\n");
    port.open();
    expect(await visitor.readToEnd()).toBe("event: open\ndata: \n\n");
  });

  test.each([
    ["a HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\npreview-wait: 1\r\n\r\n", "HEAD"],
    ["a POST", "POST / HTTP/1.1\r\nHost: a\r\npreview-wait: 1\r\nContent-Length: 0\r\n\r\n", "POST"],
    ["a GET with a body", "GET / HTTP/1.1\r\nHost: a\r\npreview-wait: 1\r\nContent-Length: 5\r\n\r\n", "GET"],
  ])("is refused for %s, which the guest does not get", async (_case, request, method) => {
    const { guest, port, visit } = await start();
    port.open();
    const visitor = visit();
    visitor.send(request);
    const response = await visitor.readResponse(method);
    expect([response.status, response.fields.get("preview-error")]).toEqual([400, "request_malformed"]);
    expect(guest.connections).toBe(0);
  });

  test("is not what another value of the field asks for; the guest does not see the field", async () => {
    const { guest, port, visit } = await start();
    port.open();
    const visitor = visit();
    visitor.send("GET / HTTP/1.1\r\nHost: a\r\npreview-wait: 2\r\nPREVIEW_WAIT: 1\r\n\r\n");
    const seen = await guest.nextRequest();
    expect(seen.head.toLowerCase()).not.toContain("wait");
    seen.respond(OK);
    expect((await visitor.readResponse()).status).toBe(200);
  });
});
