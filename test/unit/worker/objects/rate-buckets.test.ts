import { describe, expect, test } from "vitest";
import { DEFAULT_RATE_LIMIT } from "../../../../shared/limit/gcra.ts";
import { leaseSize } from "../../../../worker/objects/lease-size.ts";
import type { ArrivalMark } from "../../../../worker/objects/rate-buckets.ts";
import { MARK_AHEAD_MS, RateBuckets } from "../../../../worker/objects/rate-buckets.ts";

const NOW_MS = 1_800_000_000_000;
const NO_MARK = { read: () => undefined, write() {} };

describe("leaseSize()", () => {
  test.each([
    [DEFAULT_RATE_LIMIT, 1],
    [{ perSecond: 0.01, burst: 1 }, 1],
    [{ perSecond: 1, burst: 100_000 }, 1],
    [{ perSecond: 10_000, burst: 1 }, 1],
    [{ perSecond: 100, burst: 100 }, 11],
    [{ perSecond: 10, burst: 1000 }, 6],
  ])("gives %j a lease of %i", (limit, expected) => {
    expect(leaseSize(limit)).toBe(expected);
  });
});

describe("RateBuckets", () => {
  test("take() empties one bucket without touching another", () => {
    const buckets = new RateBuckets(NO_MARK, NOW_MS);
    for (let count = 0; count < 9; count++) {
      expect(buckets.take("a", DEFAULT_RATE_LIMIT, NOW_MS)).toMatchObject({ permits: 1, retryAfterMs: 0 });
    }
    expect(buckets.take("a", DEFAULT_RATE_LIMIT, NOW_MS)).toMatchObject({ permits: 1, retryAfterMs: 1000 });
    expect(buckets.take("a", DEFAULT_RATE_LIMIT, NOW_MS)).toMatchObject({ permits: 0, retryAfterMs: 1000 });
    expect(buckets.take("b", DEFAULT_RATE_LIMIT, NOW_MS)).toMatchObject({ permits: 1 });
    expect(buckets.take("a", DEFAULT_RATE_LIMIT, NOW_MS + 1000)).toMatchObject({ permits: 1 });
  });

  test("take() halves what is wanted until it is there, and never grants more than the burst", () => {
    const buckets = new RateBuckets(NO_MARK, NOW_MS);
    const limit = { perSecond: 1, burst: 10 };
    const granted = Array.from({ length: 6 }, () => buckets.take("a", limit, NOW_MS, 8).permits);
    expect(granted).toEqual([8, 2, 0, 0, 0, 0]);
  });

  test("take() keeps a drained bucket drained, however many others come", () => {
    const buckets = new RateBuckets(NO_MARK, NOW_MS);
    for (let count = 0; count < 10; count++) buckets.take("drained", DEFAULT_RATE_LIMIT, NOW_MS);
    for (let count = 0; count < 5000; count++) buckets.take(`other ${count}`, DEFAULT_RATE_LIMIT, NOW_MS);
    expect(buckets.take("drained", DEFAULT_RATE_LIMIT, NOW_MS)).toMatchObject({ permits: 0 });
  });

  test("take() writes the mark once in eight seconds, and never behind a bucket", () => {
    const marks: number[] = [];
    const mark = { read: () => undefined, write: ({ unixMs }: ArrivalMark) => marks.push(unixMs) };
    const buckets = new RateBuckets(mark, NOW_MS);
    for (let second = 0; second < 60; second++) {
      const atMs = NOW_MS + second * 1000;
      const { fullAfterMs } = buckets.take("a", DEFAULT_RATE_LIMIT, atMs);
      expect(marks.at(-1)).toBeGreaterThanOrEqual(atMs + fullAfterMs);
    }
    expect(marks.length).toBeLessThanOrEqual(Math.ceil(60_000 / MARK_AHEAD_MS));
  });

  test("take() says what is left, and when all of it is back", () => {
    const buckets = new RateBuckets(NO_MARK, NOW_MS);
    expect(buckets.take("a", DEFAULT_RATE_LIMIT, NOW_MS)).toMatchObject({ remaining: 9, fullAfterMs: 1000 });
    expect(buckets.take("a", DEFAULT_RATE_LIMIT, NOW_MS, 9)).toMatchObject({
      remaining: 0,
      fullAfterMs: 10_000,
    });
    expect(buckets.take("a", DEFAULT_RATE_LIMIT, NOW_MS)).toMatchObject({
      remaining: 0,
      fullAfterMs: 10_000,
    });
  });

  test("take() lets a raised limit count at once, and an equal one not", () => {
    const buckets = new RateBuckets(NO_MARK, NOW_MS);
    const slow = { perSecond: 0.001, burst: 1 };
    expect(buckets.take("a", slow, NOW_MS)).toMatchObject({ permits: 1 });
    expect(buckets.take("a", { ...slow }, NOW_MS)).toMatchObject({ permits: 0, retryAfterMs: 1_000_000 });
    expect(buckets.take("a", { perSecond: 10, burst: 10 }, NOW_MS)).toMatchObject({ permits: 1 });
  });

  test("take() grants no burst again for changing the limit to and fro", () => {
    const buckets = new RateBuckets(NO_MARK, NOW_MS);
    let taken = 0;
    for (let second = 0; second < 10; second++) {
      const limit = { perSecond: 1, burst: 9 + (second % 2) };
      while (buckets.take("a", limit, NOW_MS + second * 1000).permits > 0) taken++;
    }
    expect(taken).toBeLessThanOrEqual(20);
  });

  test("take() forgets a slow limit's times with the limit, also where memory was lost in between", () => {
    let kept: ArrivalMark | undefined;
    const store = {
      read: () => kept,
      write: (mark: ArrivalMark) => {
        kept = mark;
      },
    };
    new RateBuckets(store, NOW_MS).take("a", { perSecond: 0.0001, burst: 1 }, NOW_MS);
    expect(kept?.unixMs).toBeGreaterThan(NOW_MS + 10_000_000);
    const later = NOW_MS + 3_600_000;
    new RateBuckets(store, later).take("a", DEFAULT_RATE_LIMIT, later);
    expect(kept?.unixMs).toBeLessThan(later + 20_000);
    const latest = later + 60_000;
    expect(new RateBuckets(store, latest).take("b", DEFAULT_RATE_LIMIT, latest)).toMatchObject({
      remaining: 9,
    });
  });
});
