import { describe, expect, test, vi } from "vitest";
import type { RelayGuest } from "../../../../connector/relay/relay.ts";
import type { BatchedCount } from "../../../../connector/usage/usage-batch.ts";
import { UsageBatch } from "../../../../connector/usage/usage-batch.ts";
import { bucketOf, MAX_COUNTED_PORTS, UsageLog } from "../../../../connector/usage/usage-log.ts";
import { UsageSeries } from "../../../../connector/usage/usage-series.ts";
import { USAGE_STEP_S, USAGE_STEPS } from "../../../../shared/protocol/request-log.ts";

const STEP_MS = USAGE_STEP_S * 1000;
const NOW_MS = 1_800_000_000_000;

function createGuest(): RelayGuest {
  return { sandboxId: crypto.randomUUID() };
}

describe("UsageSeries", () => {
  test("lists the hour that ends with a bucket, whichever buckets came", () => {
    const series = new UsageSeries(1000);
    series.add(1000, 1);
    series.add(1002, 5);
    series.add(1001, 2);
    series.add(1002 - USAGE_STEPS, 99);
    const listed = series.list(1003);
    expect(listed).toHaveLength(USAGE_STEPS);
    expect(listed.slice(-5)).toEqual([0, 1, 2, 5, 0]);
    expect(listed.reduce((sum, count) => sum + count)).toBe(8);
    expect(series.list(1002 + USAGE_STEPS - 1)[0]).toBe(5);
    expect(series.list(1002 + 5 * USAGE_STEPS).every((count) => count === 0)).toBe(true);
  });
});

describe("UsageLog", () => {
  test("counts each port of each guest, the busiest first, and forgets a guest", () => {
    const log = new UsageLog();
    const [one, other] = [createGuest(), createGuest()];
    for (const port of [3000, 8080, 8080]) log.count(one, port, NOW_MS);
    log.count(other, 3000, NOW_MS);
    const { id, admitted, ports } = log.describe(one, NOW_MS, true);
    expect([id, admitted]).toEqual([one.sandboxId, 3]);
    expect(ports.map(({ port, admitted: counts }) => [port, counts.at(-1)])).toEqual([
      [8080, 2],
      [3000, 1],
    ]);
    expect(log.describe(other, NOW_MS, false)).toEqual({ id: other.sandboxId, admitted: 1, ports: [] });
    log.forget(one);
    expect([log.describe(one, NOW_MS, true).admitted, log.size]).toEqual([0, 1]);
  });

  test("a visitor who tries ports keeps no app's port from being counted", () => {
    const log = new UsageLog();
    const guest = createGuest();
    for (let port = 10_000; port < 11_000; port++) {
      log.count(guest, port, NOW_MS);
      if (port >= 10_100 && port % 10 === 0)
        for (let count = 0; count < 2; count++) log.count(guest, 3000, NOW_MS);
    }
    const { ports } = log.describe(guest, NOW_MS, true);
    expect(ports[0]).toMatchObject({ port: 3000 });
    expect(ports[0]?.admitted.at(-1)).toBe(180);
    expect([ports.length, log.size]).toEqual([MAX_COUNTED_PORTS, MAX_COUNTED_PORTS]);
  });

  test("has no more series than its bound, until others have been still for an hour", () => {
    const log = new UsageLog(10);
    const guests = Array.from({ length: 20 }, createGuest);
    for (const guest of guests) log.count(guest, 3000, NOW_MS);
    expect(log.size).toBe(10);
    const late = guests.at(-1)!;
    log.count(late, 3000, NOW_MS);
    expect(log.describe(late, NOW_MS, true).admitted).toBe(0);
    const hourLater = NOW_MS + USAGE_STEPS * STEP_MS;
    log.count(late, 3000, hourLater);
    expect([log.describe(late, hourLater, true).admitted, log.size]).toEqual([1, 1]);
  });
});

describe("UsageBatch", () => {
  test("hands on what it has counted once a second, each step by itself", () => {
    vi.useFakeTimers();
    try {
      const sent: BatchedCount[][] = [];
      const batch = new UsageBatch((counts) => sent.push([...counts]));
      const guest = createGuest();
      for (const port of [3000, 3000, 8080]) batch.count(guest, port, NOW_MS);
      vi.advanceTimersByTime(1_000);
      const bucket = bucketOf(NOW_MS);
      expect(sent).toEqual([
        [
          { guest, port: 3000, bucket, count: 2 },
          { guest, port: 8080, bucket, count: 1 },
        ],
      ]);
      batch.count(guest, 3000, NOW_MS);
      batch.count(guest, 3000, NOW_MS + STEP_MS);
      batch.flush();
      expect(sent.slice(1).flat()).toEqual([
        { guest, port: 3000, bucket, count: 1 },
        { guest, port: 3000, bucket: bucket + 1, count: 1 },
      ]);
      for (let port = 1; port <= 5_000; port++) batch.count(guest, port, NOW_MS);
      batch.flush();
      expect(Math.max(...sent.map(({ length }) => length))).toBe(1024);
      expect(sent.slice(3).flat()).toHaveLength(5_000);
    } finally {
      vi.useRealTimers();
    }
  });
});
