import { BoundedMap } from "../../../shared/bounded-map.ts";
import type { RateLimit } from "../../../shared/limit/gcra.ts";
import { countPermits, takePermits } from "../../../shared/limit/gcra.ts";
import type { PageBudget } from "../../../shared/limit/rate-limit-fields.ts";
import type { PageAsk, Share } from "./page-ask.ts";

/** How fast a visit fills again, in requests a second. */
export const VISIT_REFILL_PER_SECOND = 5;

/** A visit ends for so long after its last request. */
export const VISIT_IDLE_MS = 30 * 60_000;

/** Visits remembered for a sandbox; the one used longest ago is forgotten first. */
export const MAX_VISITS = 1_000;

/** Requests that an isolate gets at once. */
export const SHARE_SIZE = 50;

/** What all visits of one hostname admit together, and all visits of one sandbox, whatever the org's limit. */
export const HOSTNAME_PAGES: RateLimit = { perSecond: 100, burst: 400 };
export const SANDBOX_PAGES: RateLimit = { perSecond: 200, burst: 800 };

/** Hostnames whose budget is remembered: to have one forgotten takes as many admitted requests of others. */
const MAX_HOSTNAMES = 1_000;

/** A spent visit has five permits again after a second: an isolate that asks earlier gets less for its call. */
const VISIT_PAUSE_MS = 1_000;

/** Until an isolate asks again for a client that has no visit, or while the pages of others spend what there is. */
const PAUSE_MS = 250;

interface Visit {
  /** Of its bucket; 0 for a full one. */
  readonly arrivalMs: number;
  readonly lastMs: number;
}

interface Bucket {
  readonly budget: PageBudget;
  readonly limit: RateLimit;
  readonly arrivalMs: number;
}

/**
 * The visits of one sandbox: buckets for the requests that pages make of their own hostname, one for each hostname and
 * client, and the two budgets that bound them all, since anyone can forge a page's fields.
 *
 * They are in memory only. An object loses its memory when it is idle: the budgets are full again after four seconds in
 * any case, and the next admitted request opens its visit again.
 */
export class Visits {
  readonly #visits = new BoundedMap<string, Visit>(MAX_VISITS);
  /** Arrival times of the hostnames' budgets. */
  readonly #hostnames = new BoundedMap<string, number>(MAX_HOSTNAMES);
  #sandboxArrivalMs = 0;

  /**
   * Takes a share for a page's own request, where its visit is remembered or its navigation was admitted by a lease.
   *
   * @param bucket of the hostname
   */
  draw(bucket: string, page: PageAsk, pageRequests: number, nowMs: number): Share {
    if (page.refills) return this.open(bucket, page, pageRequests, nowMs);
    const visit = this.#find(bucket, page, nowMs);
    if (visit === undefined) return { permits: 0, pauseMs: PAUSE_MS };
    return this.#take(bucket, page, visit, pageRequests, nowMs);
  }

  /**
   * Opens the visit of a request that was admitted, and takes a share of it. Only a navigation refills one that is
   * remembered.
   */
  open(bucket: string, page: PageAsk, pageRequests: number, nowMs: number): Share {
    const isRefilled = page.kind === "navigation" || page.refills;
    const known = isRefilled ? undefined : this.#find(bucket, page, nowMs);
    return this.#take(bucket, page, known ?? { arrivalMs: 0, lastMs: nowMs }, pageRequests, nowMs);
  }

  #find(bucket: string, { client }: PageAsk, nowMs: number): Visit | undefined {
    const visit = this.#visits.get(visitName(bucket, client));
    return visit !== undefined && nowMs < visit.lastMs + VISIT_IDLE_MS ? visit : undefined;
  }

  #take(bucket: string, page: PageAsk, visit: Visit, pageRequests: number, nowMs: number): Share {
    const name = visitName(bucket, page.client);
    const buckets: readonly [Bucket, Bucket, Bucket] = [
      {
        budget: "page",
        limit: { perSecond: VISIT_REFILL_PER_SECOND, burst: pageRequests },
        arrivalMs: visit.arrivalMs,
      },
      { budget: "hostname_pages", limit: HOSTNAME_PAGES, arrivalMs: this.#hostnames.get(bucket) ?? 0 },
      { budget: "sandbox_pages", limit: SANDBOX_PAGES, arrivalMs: this.#sandboxArrivalMs },
    ];
    const [shortest, available] = findShortest(buckets, nowMs);
    const permits = Math.min(page.wanted, SHARE_SIZE, available);
    if (permits < 1) {
      this.#visits.set(name, { ...visit, lastMs: nowMs });
      const { budget, limit } = shortest;
      return { permits: 0, pauseMs: budget === "page" ? VISIT_PAUSE_MS : PAUSE_MS, spent: { budget, limit } };
    }
    const [visitMs, hostnameMs, sandboxMs] = buckets.map((each) => spend(each, permits, nowMs));
    this.#visits.set(name, { arrivalMs: visitMs!, lastMs: nowMs });
    this.#hostnames.set(bucket, hostnameMs!);
    this.#sandboxArrivalMs = sandboxMs!;
    return { permits, pauseMs: 0 };
  }
}

function visitName(bucket: string, client: string): string {
  return `${bucket} ${client}`;
}

/** The bucket with the fewest permits, and how many. */
function findShortest(
  [first, ...others]: readonly [Bucket, ...Bucket[]],
  nowMs: number,
): [shortest: Bucket, permits: number] {
  let shortest = first;
  let permits = countPermits(first.limit, first.arrivalMs, nowMs);
  for (const bucket of others) {
    const count = countPermits(bucket.limit, bucket.arrivalMs, nowMs);
    if (count < permits) [shortest, permits] = [bucket, count];
  }
  return [shortest, permits];
}

/** @returns the arrival time after permits that `findShortest` has counted */
function spend({ limit, arrivalMs }: Bucket, permits: number, nowMs: number): number {
  const decision = takePermits(limit, arrivalMs, nowMs, permits);
  if (!decision.allowed) throw new RangeError("permits that were counted are not there");
  return decision.arrivalMs;
}
