import { BoundedMap } from "../../shared/bounded-map.ts";
import type { RateLimit } from "../../shared/limit/gcra.ts";
import { takePermits } from "../../shared/limit/gcra.ts";
import type { Refusal, SpentPage } from "../../shared/refusal/refusal.ts";
import type { Admission, Denial } from "../objects/messages.ts";
import { SHARE_SIZE } from "../objects/visits/visits.ts";
import type { Page } from "./find-page.ts";

/** Permits that are not used by then are lost. */
export const SHARE_MS = 10_000;

/**
 * For so long what else a response says is used: where the sandbox is, and until when and for which paths its link is
 * valid. What is revoked is then refused within 5 s, its call included.
 */
export const SHARE_FACTS_MS = 4_000;

/** Clients of hostnames remembered in an isolate; the one asked about longest ago is forgotten first. */
const MAX_CLIENTS = 10_000;

/** A share after one that was not used up covers this many times what was used of that. */
const HEADROOM = 1.25;

/** … and at least this much: what a visit fills by in two seconds. */
const MIN_SHARE = 10;

/** How often an isolate asks about pages of one hostname while it refuses all other requests for it. */
const ASKS_WHILE_LIMITED: RateLimit = { perSecond: 20, burst: 60 };
const MAX_HOSTNAMES = 10_000;

/** Responses whose permits are kept at the same time. */
const MAX_CHUNKS = 4;

/** Permits of one response of the object. */
interface Chunk {
  permits: number;
  readonly untilMs: number;
}

/** What an isolate knows of the visit of one client on one hostname. */
interface ClientVisit {
  admission: Admission | undefined;
  /** Until when what else the admission says may be used. */
  factsUntilMs: number;
  /** Oldest first: what is left when a page is reloaded is not lost. Together they are at most a share. */
  chunks: readonly Chunk[];
  /** Permits used since the last response. */
  used: number;
  /** Until it helps to ask for another share, and why. */
  pausedUntilMs: number;
  spent: SpentPage | undefined;
  /** A navigation was admitted by a lease, which the object does not know yet. */
  refills: boolean;
}

/** The response that is awaited, and until when: where a visitor leaves, its end may never be recorded. */
interface Asking {
  readonly done: Promise<unknown>;
  readonly untilMs: number;
}

/**
 * Shares of visits that an isolate may spend by itself, by hostname and client.
 *
 * A share is valid for 10 s; what else the object's response says can be revoked, and is used for 4 s.
 */
export class PageShares {
  readonly #visits = new BoundedMap<string, ClientVisit>(MAX_CLIENTS);
  readonly #asking = new BoundedMap<string, Asking>(MAX_CLIENTS);
  /** Arrival times of the buckets of `ASKS_WHILE_LIMITED`. */
  readonly #asks = new BoundedMap<string, number>(MAX_HOSTNAMES);
  /** Uses up one permit of a share, where there is one. */
  take(key: string, nowMs: number): Admission | undefined {
    const visit = this.#visits.get(key);
    if (visit === undefined || nowMs >= visit.factsUntilMs) return undefined;
    const chunk = visit.chunks.find((each) => isUsable(each, nowMs));
    if (chunk === undefined) return undefined;
    chunk.permits -= 1;
    visit.used += 1;
    return visit.admission;
  }

  /** It does not help to ask for a share now. */
  isPaused(key: string, nowMs: number): boolean {
    const visit = this.#visits.get(key);
    return visit !== undefined && nowMs < visit.pausedUntilMs;
  }

  /** Whether to ask about a page of a hostname that is limited; counts it. Otherwise each new client would cost a call. */
  mayAskWhileLimited(name: string, nowMs: number): boolean {
    const decision = takePermits(ASKS_WHILE_LIMITED, this.#asks.get(name) ?? 0, nowMs);
    if (decision.allowed) this.#asks.set(name, decision.arrivalMs);
    return decision.allowed;
  }

  /** A navigation was admitted without asking: the next response is to refill the visit. */
  noteNavigation(key: string): void {
    const visit = this.#visits.get(key);
    if (visit === undefined) this.#visits.set(key, { ...UNKNOWN, refills: true });
    else {
      visit.refills = true;
      visit.pausedUntilMs = 0;
    }
  }

  /**
   * What to ask for, besides what is left: a whole share for a navigation, at first, and where the last one was used up in
   * its time; else a little more than was used.
   */
  demand(key: string, kind: Page["kind"], nowMs: number): { wanted: number; refills: boolean } {
    const visit = this.#visits.get(key);
    if (visit === undefined) return { wanted: SHARE_SIZE, refills: false };
    const { refills, used, chunks } = visit;
    const left = countLeft(chunks, nowMs);
    const isUsedUp = chunks.every(({ permits }) => permits === 0);
    const isWhole = kind === "navigation" || refills || isUsedUp;
    const needed = isWhole
      ? SHARE_SIZE
      : Math.min(SHARE_SIZE, Math.max(MIN_SHARE, Math.ceil(used * HEADROOM)));
    return { wanted: Math.max(1, needed - left), refills };
  }

  /** Keeps what the object has responded about a page. */
  keep(key: string, response: Admission | Denial, nowMs: number): void {
    const { share } = response;
    if (share === undefined) {
      if (!("refusal" in response)) this.#visits.delete(key);
      return;
    }
    const admission = "refusal" in response ? undefined : response;
    const permits = share.permits - (admission?.permits === 0 ? 1 : 0);
    const kept = (this.#visits.get(key)?.chunks ?? []).filter((chunk) => isUsable(chunk, nowMs));
    this.#visits.set(key, {
      admission,
      factsUntilMs: admission === undefined ? 0 : nowMs + SHARE_FACTS_MS,
      chunks: permits > 0 ? [...kept, { permits, untilMs: nowMs + SHARE_MS }].slice(-MAX_CHUNKS) : kept,
      used: 0,
      pausedUntilMs: share.permits > 0 ? 0 : nowMs + share.pauseMs,
      spent: share.spent,
      refills: false,
    });
  }

  /** Names the budget of pages that is spent, too, in the refusal of a page's own request. */
  explain(key: string, refusal: Refusal, nowMs: number): Refusal {
    const visit = this.#visits.get(key);
    if (refusal.code !== "rate_limited" || visit?.spent === undefined || nowMs >= visit.pausedUntilMs)
      return refusal;
    return { ...refusal, page: visit.spent };
  }

  forget(key: string): void {
    this.#visits.delete(key);
  }

  /** Records that the object is being asked, so that the page's other requests can wait for the response. */
  setAsking(key: string, done: Promise<unknown>, untilMs: number): void {
    this.#asking.set(key, { done, untilMs });
  }

  /** @param done what was set; another request may ask by now */
  clearAsking(key: string, done: Promise<unknown>): void {
    if (this.#asking.get(key)?.done === done) this.#asking.delete(key);
  }

  /** The response that is awaited, if there is one. */
  findAsking(key: string, nowMs: number): Asking | undefined {
    const asking = this.#asking.get(key);
    return asking !== undefined && nowMs < asking.untilMs ? asking : undefined;
  }
}

const UNKNOWN: ClientVisit = {
  admission: undefined,
  factsUntilMs: 0,
  chunks: [],
  used: 0,
  pausedUntilMs: 0,
  spent: undefined,
  refills: false,
};

function isUsable({ permits, untilMs }: Chunk, nowMs: number): boolean {
  return permits > 0 && nowMs < untilMs;
}

function countLeft(chunks: readonly Chunk[], nowMs: number): number {
  let left = 0;
  for (const chunk of chunks) if (isUsable(chunk, nowMs)) left += chunk.permits;
  return left;
}
