import { describe, expect, test } from "vitest";
import {
  DEFAULT_CAPTURE_LIMITS,
  EXCHANGE_OVERHEAD_BYTES,
} from "../../../../connector/capture/capture-limits.ts";
import type { CapturedBody, CapturedExchange } from "../../../../connector/capture/captured-exchange.ts";
import { createRequestId } from "../../../../connector/capture/create-request-id.ts";
import { RequestLogs } from "../../../../connector/capture/request-logs.ts";
import type { RelayGuest } from "../../../../connector/relay/relay.ts";
import { heapUsedBytes } from "../../../support/collect-garbage.ts";

const NO_BODY: CapturedBody = { kept: "", total: 0, chunked: false, captured: true };
const MIB = 1024 * 1024;

function exchange(bytes = 0, facts: Partial<CapturedExchange> = {}): CapturedExchange {
  return {
    id: createRequestId(Date.now()),
    atMs: Date.now(),
    port: 3000,
    requestHead: "GET / HTTP/1.1\r\nHost: localhost:3000\r\n\r\n",
    requestBody: { ...NO_BODY, kept: Buffer.alloc(bytes, "a").toString("latin1"), total: bytes },
    responseHead: "",
    responseBody: NO_BODY,
    status: 200,
    refused: undefined,
    outcome: "answered",
    link: undefined,
    replayOf: undefined,
    isWebSocket: false,
    framesSent: 0,
    framesReceived: 0,
    edgeMs: 0.5,
    sentMs: 0.5,
    respondedMs: 0.5,
    endedMs: 0.5,
    ...facts,
  };
}

function guestOf(workspace: string): RelayGuest {
  return { sandboxId: crypto.randomUUID(), workspace };
}

describe("RequestLogs", () => {
  test("keeps the last 200 exchanges of a guest, and no more bytes than its share", () => {
    const logs = new RequestLogs(() => true);
    const guest = guestOf("a");
    const ids = Array.from({ length: 250 }, () => exchange()).map((each) => {
      logs.put(guest, each);
      return each.id;
    });
    expect(
      logs
        .find(guest)
        ?.list()
        .map(({ id }) => id),
    ).toEqual(ids.slice(-200).reverse());
    for (let count = 0; count < 200; count++) {
      logs.put(guest, exchange(64 * 1024));
      expect(logs.find(guest)?.bytes).toBeLessThanOrEqual(DEFAULT_CAPTURE_LIMITS.maxKeptBytesPerSandbox);
    }
    expect(logs.bytes).toBe(logs.find(guest)?.bytes);
  });

  test("replaces an exchange that was open, and keeps nothing of a guest that has ended", () => {
    const attached = new Set<RelayGuest>();
    const logs = new RequestLogs((guest) => attached.has(guest));
    const guest = guestOf("a");
    attached.add(guest);
    const open = exchange(0, { outcome: "open" });
    logs.put(guest, open);
    logs.put(guest, { ...open, outcome: "answered" });
    expect(logs.find(guest)?.list()).toMatchObject([{ id: open.id, outcome: "answered" }]);
    attached.delete(guest);
    logs.forget(guest);
    logs.put(guest, open);
    expect([logs.find(guest), logs.bytes]).toEqual([undefined, 0]);
  });

  test("takes from the workspace that has the most, however many sandboxes it has, and never exceeds its memory", () => {
    const limits = { ...DEFAULT_CAPTURE_LIMITS, maxKeptBytes: 4 * MIB, maxKeptBytesPerSandbox: MIB };
    const logs = new RequestLogs(() => true, limits);
    const quiet = guestOf("quiet");
    for (let count = 0; count < 10; count++) logs.put(quiet, exchange(1024));
    const greedy = Array.from({ length: 50 }, () => guestOf("greedy"));
    for (let round = 0; round < 10; round++)
      for (const guest of greedy) {
        logs.put(guest, exchange(32 * 1024));
        expect(logs.bytes).toBeLessThanOrEqual(limits.maxKeptBytes);
      }
    expect(logs.find(quiet)?.list()).toHaveLength(10);
  });

  test("counts at least the memory that small exchanges take", () => {
    const logs = new RequestLogs(() => true);
    const before = heapUsedBytes();
    const guests = Array.from({ length: 100 }, () => guestOf("a"));
    for (const guest of guests) for (let count = 0; count < 200; count++) logs.put(guest, exchange(1));
    expect(logs.bytes).toBeGreaterThan(20_000 * EXCHANGE_OVERHEAD_BYTES);
    expect(heapUsedBytes() - before).toBeLessThan(logs.bytes);
    expect(guests.every((guest) => logs.find(guest) !== undefined)).toBe(true);
  });
});
