import { beforeEach, describe, expect, test } from "vitest";
import { DEFAULT_CAPTURE_LIMITS } from "../../../../connector/capture/capture-limits.ts";
import type { CapturedExchange } from "../../../../connector/capture/captured-exchange.ts";
import { Recorders } from "../../../../connector/capture/recorders.ts";
import type { Destination } from "../../../../connector/relay/destination.ts";
import type { Recording } from "../../../../connector/relay/exchange/recording.ts";
import type { RequestHead } from "../../../../connector/relay/http1/parse-request-head.ts";
import { parseRequestHead } from "../../../../connector/relay/http1/parse-request-head.ts";
import { parseResponseHead } from "../../../../connector/relay/http1/parse-response-head.ts";
import { DEFAULT_RELAY_LIMITS } from "../../../../connector/relay/limits.ts";
import { rewriteRequestHead } from "../../../../connector/relay/policy/rewrite-request-head.ts";
import type { RelayGuest } from "../../../../connector/relay/relay.ts";
import { isRefusal, refuse } from "../../../../shared/refusal/refusal.ts";
import { heapUsedBytes } from "../../../support/collect-garbage.ts";

const KIB = 1024;
const GUEST: RelayGuest = { sandboxId: crypto.randomUUID(), workspace: "a" };
const FIELDS = "x-a: 1\r\n".repeat(150);

let kept: CapturedExchange[];
let recorders: Recorders;

beforeEach(() => {
  kept = [];
  recorders = new Recorders({ put: (_guest, exchange) => kept.push(exchange) });
});

function destinationOf(guest: RelayGuest): Destination {
  return {
    upstream: { guest, port: 3000, headerPolicy: "local", dial: async () => refuse("port_closed") },
    publicHost: "3000-x.example.com",
    proto: "https",
    clientIp: "192.0.2.1",
    requestId: "",
    link: undefined,
  } as unknown as Destination;
}

/** Latin1 text that is a slice of 64 KiB, as heads are that come with the next bytes of a connection. */
function slice(text: string): string {
  const read = Buffer.alloc(64 * KIB, "x").toString("latin1");
  return `${text}${read}`.slice(0, text.length);
}

function requestHead(fields: string): RequestHead {
  const head = parseRequestHead(slice(`GET /a HTTP/1.1\r\nhost: a\r\n${fields}\r\n`), DEFAULT_RELAY_LIMITS);
  if (isRefusal(head)) throw new Error("no valid head");
  return head;
}

const HANDSHAKE = `upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n`;

/** A tunnel that is captured, as it is while it is open. */
function openTunnel(guest = GUEST): Recording | undefined {
  const destination = destinationOf(guest);
  const head = requestHead(HANDSHAKE + FIELDS);
  const recording = recorders.of(guest, "bodies").begin(head, destination);
  recording?.onRequestHead(rewriteRequestHead(head, destination));
  const response = parseResponseHead(
    slice(`HTTP/1.1 101 Switching Protocols\r\n${FIELDS}\r\n`),
    DEFAULT_RELAY_LIMITS,
  );
  if (response === undefined) throw new Error("no valid response");
  recording?.onTunnel(response);
  return recording;
}

describe("Recorders", () => {
  test("count at least the memory that open tunnels take, and get it back", () => {
    const guests = Array.from({ length: 16 }, () => ({
      sandboxId: crypto.randomUUID(),
      workspace: crypto.randomUUID(),
    }));
    openTunnel()?.onTunnelClosed(0, 0);
    kept = [];
    const before = heapUsedBytes();
    const open = guests.flatMap((guest) => Array.from({ length: 200 }, () => openTunnel(guest)));
    kept = [];
    const taken = recorders.openBytes;
    expect(open.every((recording) => recording !== undefined)).toBe(true);
    expect(heapUsedBytes() - before).toBeLessThan(taken);
    for (const recording of open) recording?.onTunnelClosed(1, 2);
    expect(recorders.openBytes).toBe(0);
    expect(kept.at(-1)).toMatchObject({ framesSent: 1, framesReceived: 2, isWebSocket: true, status: 101 });
  });

  test("record nothing more of a guest that has used its share, until one is over", () => {
    const open: Recording[] = [];
    for (let next = openTunnel(); next !== undefined; next = openTunnel()) open.push(next);
    expect(recorders.openBytes).toBeLessThanOrEqual(DEFAULT_CAPTURE_LIMITS.maxOpenBytesPerSandbox);
    expect(open.length).toBeGreaterThan(100);
    open.pop()?.onTunnelClosed(0, 0);
    open.pop()?.onTunnelClosed(0, 0);
    expect(openTunnel()).toBeDefined();
  });

  test("show a request that did not come to its guest as the guest would have got it", () => {
    const destination = destinationOf(GUEST);
    const head = requestHead("preview-pass: secret\r\npreview-edge-ms: 7\r\nx-b: 2\r\n");
    recorders.of(GUEST, "heads").begin(head, destination)?.onOver("refused", 502, "port_closed");
    expect(kept).toMatchObject([{ status: 502, refused: "port_closed", edgeMs: 7, sentMs: -1, port: 3000 }]);
    expect(kept[0]?.requestHead).toBe(
      "GET /a HTTP/1.1\r\nHost: localhost:3000\r\nx-b: 2\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n",
    );
    expect(recorders.openBytes).toBe(0);
  });
});
