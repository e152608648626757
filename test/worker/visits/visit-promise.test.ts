import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RateLimit } from "../../../shared/limit/gcra.ts";
import { refillMs } from "../../../shared/limit/gcra.ts";
import type { PreviewLimit } from "../../../shared/limit/preview-limit.ts";
import { DEFAULT_PREVIEW_LIMIT } from "../../../shared/limit/preview-limit.ts";
import type { Refusal } from "../../../shared/refusal/refusal.ts";
import { isRefusal } from "../../../shared/refusal/refusal.ts";
import { leaseSize } from "../../../worker/objects/lease-size.ts";
import type { Admission, AdmitAsk, Denial } from "../../../worker/objects/messages.ts";
import type { ArrivalMark, MarkStore } from "../../../worker/objects/rate-buckets.ts";
import type { Sandbox } from "../../../worker/objects/sandbox.ts";
import { RequestLimits } from "../../../worker/objects/visits/request-limits.ts";
import { HOSTNAME_PAGES, SANDBOX_PAGES } from "../../../worker/objects/visits/visits.ts";
import { Admissions } from "../../../worker/preview/admissions.ts";
import type { Page } from "../../../worker/preview/find-page.ts";
import { SHARE_MS } from "../../../worker/preview/page-shares.ts";

const START_MS = 1_800_000_000_000;
const ROUTE = {
  hostId: "host-1",
  origin: "https://host-1.test",
  generation: "1800000000000-aaaaaaaa",
} as const;

/** A sandbox's object with its real limits, under a clock of its own, and as forgetful as one that is evicted. */
class ForgetfulSandbox {
  nowMs = START_MS;
  calls = 0;
  readonly #limit: PreviewLimit;
  readonly #mark = createMark();
  #limits = new RequestLimits(this.#mark, START_MS);

  constructor(limit: PreviewLimit) {
    this.#limit = limit;
  }

  evict(): void {
    this.#limits = new RequestLimits(this.#mark, this.nowMs);
  }

  async admit(ask: AdmitAsk): Promise<Admission | Denial> {
    this.calls += 1;
    const grant = this.#limits.admit(String(ask.port), ask, this.#limit, this.nowMs);
    return "refusal" in grant ? grant : { ...ROUTE, ...grant };
  }
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
  readonly port: number;
  /** What its fields say, forged or not. */
  readonly kind: "navigation" | "own" | "other";
  readonly client: number;
  /** Requests at once. */
  readonly requests: number;
}

interface Arrival {
  readonly atMs: number;
  readonly port: number;
}

/** What `servePreview` does for each request. */
async function admit(
  admissions: Admissions,
  { port, kind, client }: Step,
  nowMs: number,
): Promise<Admission | Refusal> {
  const address = { name: `${port}-x`, sandboxId: "x", port };
  const page: Page | undefined = kind === "other" ? undefined : { kind, client: `192.0.2.${client}` };
  return admissions.recall(address, nowMs, page) ?? admissions.ask(address, nowMs, page);
}

async function run(
  limit: PreviewLimit,
  steps: readonly Step[],
  isolates: number,
): Promise<{ admitted: Arrival[]; calls: number }> {
  const sandbox = new ForgetfulSandbox(limit);
  const namespace = { getByName: () => sandbox } as unknown as DurableObjectNamespace<Sandbox>;
  const edges = Array.from({ length: isolates }, () => new Admissions(namespace));
  const admitted: Arrival[] = [];
  for (const step of steps) {
    sandbox.nowMs += step.afterMs;
    if (step.evict) sandbox.evict();
    for (let count = 0; count < step.requests; count++) {
      const response = await admit(edges[step.isolate % isolates]!, step, sandbox.nowMs);
      if (!isRefusal(response)) admitted.push({ atMs: sandbox.nowMs, port: step.port });
    }
  }
  return { admitted, calls: sandbox.calls };
}

interface Bound {
  readonly perMs: number;
  readonly burst: number;
}

/** The most by which any stretch of time saw more requests than the bound. */
function worstExcess({ perMs, burst }: Bound, admitted: readonly Arrival[]): number {
  let worst = Number.NEGATIVE_INFINITY;
  let lowest = Number.POSITIVE_INFINITY;
  for (const [index, { atMs }] of admitted.entries()) {
    lowest = Math.min(lowest, index - atMs * perMs);
    worst = Math.max(worst, index + 1 - atMs * perMs - lowest - burst);
  }
  return worst;
}

/** Each hostname's own limit, as far as it is kept by leases, and what pages get beside it, in shares of 10 s. */
function boundOf(
  limit: RateLimit,
  pages: RateLimit,
  hostnames: number,
  isolates: number,
  losses: number,
): Bound {
  const leases = (isolates + losses) * (leaseSize(limit) - 1);
  return {
    perMs: (hostnames * limit.burst) / refillMs(limit) + pages.perSecond / 1000,
    burst:
      hostnames * (limit.burst + leases) + pages.burst * (1 + losses) + (pages.perSecond * SHARE_MS) / 1000,
  };
}

const limits = fc.oneof(
  fc.constant(DEFAULT_PREVIEW_LIMIT),
  fc.record({
    perSecond: fc.double({ min: 0.01, max: 500, noNaN: true }),
    burst: fc.integer({ min: 1, max: 300 }),
    pageRequests: fc.oneof(fc.constant(300), fc.integer({ min: 0, max: 1_000 })),
  }),
);

const steps = fc.array(
  fc.record<Step>({
    afterMs: fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 0, max: 20 }) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 2_000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 60_000 }) },
    ),
    isolate: fc.nat(7),
    evict: fc.integer({ min: 0, max: 199 }).map((number) => number === 0),
    port: fc.constantFrom(80, 80, 80, 81, 82),
    kind: fc.constantFrom("navigation", "own", "own", "own", "other"),
    client: fc.nat(20),
    requests: fc.constantFrom(1, 1, 10, 60, 200),
  }),
  { minLength: 1, maxLength: 100, size: "max" },
);

/** Times are sums of fractions near 1.8e12. */
const ROUNDING = 1e-2;

describe("Admissions with RequestLimits", () => {
  test("never admit more than the limit, and its pages 400 + 100/s for a hostname and 800 + 200/s for a sandbox", async () => {
    await fc.assert(
      fc.asyncProperty(limits, steps, fc.integer({ min: 1, max: 8 }), async (limit, arrivals, isolates) => {
        const { admitted } = await run(limit, arrivals, isolates);
        const losses = arrivals.filter(({ evict }) => evict).length;
        const { pageRequests } = limit;
        const none = { perSecond: 0, burst: 0 };
        for (const port of [80, 81, 82]) {
          const pages = pageRequests === 0 ? none : HOSTNAME_PAGES;
          const bound = boundOf(limit, pages, 1, isolates, losses);
          const ofPort = admitted.filter((arrival) => arrival.port === port);
          expect(worstExcess(bound, ofPort)).toBeLessThanOrEqual(ROUNDING);
        }
        const bound = boundOf(limit, pageRequests === 0 ? none : SANDBOX_PAGES, 3, isolates, losses);
        expect(worstExcess(bound, admitted)).toBeLessThanOrEqual(ROUNDING);
      }),
      { numRuns: 100 },
    );
  }, 60_000);

  test("admit and ask the same, with visits or without, where no request says that a page makes it", async () => {
    const withoutPages = steps.map((each) => each.map((step): Step => ({ ...step, kind: "other" })));
    await fc.assert(
      fc.asyncProperty(
        limits,
        withoutPages,
        fc.integer({ min: 1, max: 8 }),
        async (limit, arrivals, isolates) => {
          const strict = await run({ ...limit, pageRequests: 0 }, arrivals, isolates);
          expect(await run({ ...limit, pageRequests: 300 }, arrivals, isolates)).toEqual(strict);
        },
      ),
      { numRuns: 100 },
    );
  }, 60_000);

  test("admit and ask the same, whatever requests say, where visits are off", async () => {
    await fc.assert(
      fc.asyncProperty(limits, steps, fc.integer({ min: 1, max: 8 }), async (limit, arrivals, isolates) => {
        const off = { ...limit, pageRequests: 0 };
        const plain = arrivals.map((step): Step => ({ ...step, kind: "other" }));
        expect(await run(off, arrivals, isolates)).toEqual(await run(off, plain, isolates));
      }),
      { numRuns: 100 },
    );
  }, 60_000);

  test.each([
    ["one hostname", [80], 9 + 400],
    ["three hostnames", [80, 81, 82], 27 + 800],
  ])(
    "admit to %s in one instant what its limit and the budgets of pages have, however many clients forge",
    async (_title, ports, most) => {
      const limit = { perSecond: 1, burst: 9, pageRequests: 1_000 };
      const step = { afterMs: 0, evict: false, requests: 1 };
      const flood = ports.flatMap((port) =>
        Array.from({ length: 9 }, (_, client) => client).flatMap((client): Step[] => [
          { ...step, port, client, isolate: client, kind: "navigation" },
          { ...step, port, client, isolate: client, kind: "own", requests: 1_000 },
        ]),
      );
      // Navigations first: what its page finds spent is paid by the limit.
      flood.sort((one, other) => one.kind.localeCompare(other.kind));
      const { admitted } = await run(limit, flood, 9);
      expect(admitted).toHaveLength(most);
    },
  );

  test("let forged pages have all of the pages' budget, and not more: shares that were saved for 10 s included", async () => {
    const limit = { perSecond: 500, burst: 300, pageRequests: 1_000 };
    const open = Array.from({ length: 40 }, (_, index): Step => {
      return {
        afterMs: 240,
        isolate: index,
        evict: false,
        port: 80,
        kind: "own",
        client: index,
        requests: 1,
      };
    });
    const spend = open.map((step): Step => ({ ...step, afterMs: 0, requests: 60 }));
    const { admitted } = await run(limit, [...open, ...spend], 40);
    const atOnce = admitted.filter(({ atMs }) => atMs === START_MS + 40 * 240).length;
    const bound = boundOf(limit, HOSTNAME_PAGES, 1, 40, 0);
    expect(atOnce).toBeLessThanOrEqual(bound.burst);
    expect(atOnce, "the budget is worth trying").toBeGreaterThan(400);
  });
});
