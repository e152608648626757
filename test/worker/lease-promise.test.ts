import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RateLimit } from "../../shared/limit/gcra.ts";
import { DEFAULT_RATE_LIMIT, refillMs } from "../../shared/limit/gcra.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { isRefusal, refuse } from "../../shared/refusal/refusal.ts";
import { leaseSize } from "../../worker/objects/lease-size.ts";
import type { Admission, AdmitAsk, Denial } from "../../worker/objects/messages.ts";
import type { ArrivalMark, MarkStore } from "../../worker/objects/rate-buckets.ts";
import { RateBuckets } from "../../worker/objects/rate-buckets.ts";
import type { Sandbox } from "../../worker/objects/sandbox.ts";
import { Admissions } from "../../worker/preview/admissions.ts";

const START_MS = 1_800_000_000_000;
const ROUTE = {
  hostId: "host-1",
  origin: "https://host-1.test",
  generation: "1800000000000-aaaaaaaa",
} as const;
const ADDRESS = { name: "80-x", sandboxId: "x", port: 80 };

/** A sandbox's object with the real buckets, under a clock of its own, and as forgetful as one that is evicted. */
class ForgetfulSandbox {
  nowMs = START_MS;
  readonly #limit: RateLimit;
  readonly #mark: MarkStore;
  #buckets: RateBuckets;

  constructor(limit: RateLimit, mark: MarkStore) {
    this.#limit = limit;
    this.#mark = mark;
    this.#buckets = new RateBuckets(mark, this.nowMs);
  }

  evict(): void {
    this.#buckets = new RateBuckets(this.#mark, this.nowMs);
  }

  async admit({ wanted = 1 }: AdmitAsk): Promise<Admission | Denial> {
    const asked = Math.min(wanted, leaseSize(this.#limit));
    const { permits, retryAfterMs } = this.#buckets.take("80", this.#limit, this.nowMs, asked);
    if (permits > 0) return { ...ROUTE, permits };
    return { refusal: refuse("rate_limited", { retryAfterS: 1 }), rememberMs: retryAfterMs };
  }
}

/** What `servePreview` does for each request. */
async function admit(admissions: Admissions, nowMs: number): Promise<Admission | Refusal> {
  return admissions.recall(ADDRESS, nowMs) ?? admissions.ask(ADDRESS, nowMs);
}

function createMark(): MarkStore {
  let kept: ArrivalMark | undefined;
  return {
    read: () => kept,
    write(mark) {
      kept = mark;
    },
  };
}

interface Step {
  readonly afterMs: number;
  readonly isolate: number;
  readonly evict: boolean;
}

/** @returns the times of admitted requests */
async function run(
  limit: RateLimit,
  steps: readonly Step[],
  isolates: number,
  mark: MarkStore,
): Promise<number[]> {
  const sandbox = new ForgetfulSandbox(limit, mark);
  const namespace = { getByName: () => sandbox } as unknown as DurableObjectNamespace<Sandbox>;
  const edges = Array.from({ length: isolates }, () => new Admissions(namespace));
  const admitted: number[] = [];
  for (const { afterMs, isolate, evict } of steps) {
    sandbox.nowMs += afterMs;
    if (evict) sandbox.evict();
    const response = await admit(edges[isolate % isolates]!, sandbox.nowMs);
    if (!isRefusal(response)) admitted.push(sandbox.nowMs);
  }
  return admitted;
}

/** The most by which any stretch of time saw more requests than its burst and its rate allow. */
function worstExcess(limit: RateLimit, admitted: readonly number[]): number {
  const perMs = limit.burst / refillMs(limit);
  let worst = Number.NEGATIVE_INFINITY;
  let lowest = Number.POSITIVE_INFINITY;
  for (const [index, atMs] of admitted.entries()) {
    lowest = Math.min(lowest, index - atMs * perMs);
    worst = Math.max(worst, index + 1 - atMs * perMs - lowest - limit.burst);
  }
  return worst;
}

const limits = fc.oneof(
  fc.constant(DEFAULT_RATE_LIMIT),
  fc.record({
    perSecond: fc.double({ min: 0.01, max: 2_000, noNaN: true }),
    burst: fc.integer({ min: 1, max: 500 }),
  }),
);
const steps = fc.array(
  fc.record({
    afterMs: fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 0, max: 20 }) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 2_000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 60_000 }) },
    ),
    isolate: fc.nat(7),
    evict: fc.integer({ min: 0, max: 9 }).map((digit) => digit === 0),
  }),
  { minLength: 1, maxLength: 400 },
);

/** Times are sums of fractions near 1.8e12. */
const ROUNDING = 1e-2;

describe("Admissions with RateBuckets", () => {
  test("never admit more than burst + rate × time + the leases outstanding + one per loss of memory", async () => {
    await fc.assert(
      fc.asyncProperty(limits, steps, fc.integer({ min: 1, max: 8 }), async (limit, arrivals, isolates) => {
        const admitted = await run(limit, arrivals, isolates, createMark());
        const losses = arrivals.filter(({ evict }) => evict).length;
        const outstanding = (isolates + losses) * (leaseSize(limit) - 1);
        expect(worstExcess(limit, admitted)).toBeLessThanOrEqual(outstanding + ROUNDING);
      }),
      { numRuns: 400 },
    );
  }, 60_000);

  test("exceed the default limit by nothing at all, where the mark is kept, and only there", async () => {
    const crowd = Array.from({ length: 60 }, (_, index) => ({
      afterMs: 10,
      isolate: index,
      evict: index % 20 === 0,
    }));
    expect(await run(DEFAULT_RATE_LIMIT, crowd, 60, createMark())).toHaveLength(10);
    expect(await run(DEFAULT_RATE_LIMIT, crowd, 60, { read: () => undefined, write() {} })).toHaveLength(30);
  });

  test("serve the first visitor after a crash, where the limit allows leases", async () => {
    const limit = { perSecond: 777, burst: 888 };
    const before = Array.from({ length: 100 }, () => ({ afterMs: 1, isolate: 0, evict: false }));
    const crash = { afterMs: 1, isolate: 1, evict: true };
    expect(await run(limit, [...before, crash], 2, createMark())).toHaveLength(101);
  });

  test("serve a visitor as before once the bucket is full, though memory was lost", async () => {
    const visit = Array.from({ length: 10 }, () => ({ afterMs: 0, isolate: 0, evict: false }));
    const again = [{ afterMs: 18_001, isolate: 0, evict: true }, ...visit.slice(1)];
    expect(await run(DEFAULT_RATE_LIMIT, [...visit, ...again], 1, createMark())).toHaveLength(20);
  });
});
