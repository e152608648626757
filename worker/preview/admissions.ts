import type { PublicPorts } from "../../shared/access.ts";
import { isPublicPort } from "../../shared/access.ts";
import { BoundedMap } from "../../shared/bounded-map.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { sha256Hex } from "../../shared/sha256-hex.ts";
import { withTimeout } from "../../shared/with-timeout.ts";
import type { Admission, AdmitAsk, Denial, SandboxObject } from "../objects/messages.ts";
import type { PageAsk } from "../objects/visits/page-ask.ts";
import type { Page } from "./find-page.ts";
import { PageShares } from "./page-shares.ts";

/** What is asked about one preview hostname, and the name under which the response is remembered. */
export interface PreviewAddress extends AdmitAsk {
  readonly name: string;
  readonly sandboxId: string;
}

/** The last response about one hostname. */
interface Memory {
  readonly response: Admission | Denial;
  /** Requests that its lease covers. */
  readonly granted: number;
  /** Of them, not yet used. */
  permits: number;
  /** Until when the lease may be used, or the refusal be repeated. */
  readonly untilMs: number;
  /** The refusal once the lease is used up, when a permit is there again, and until when the refusal is repeated. */
  readonly denial: Denial | undefined;
  readonly retryAtMs: number;
  readonly deniedUntilMs: number;
}

/** A sandbox all of whose hostnames are refused. */
interface LimitedSandbox {
  readonly refusal: Refusal;
  /** Not for the own requests of pages. */
  readonly visits: boolean;
  readonly untilMs: number;
  /** Its public hostnames that are refused by it; absent for all. */
  readonly publicPorts: PublicPorts | undefined;
}

/** Hostnames remembered in an isolate; the one asked about longest ago is forgotten first. */
const MAX_MEMORIES = 10_000;

/** Nothing that can be revoked is remembered for longer. */
export const MAX_MEMORY_MS = 5_000;

/** A lease is for present traffic: permits that are not used by then are lost. */
export const LEASE_MS = 1_000;

/** An object that does not respond in this time counts as unavailable. */
export const ADMIT_TIMEOUT_MS = 5_000;

/** For so long after a refusal has ended only one request at a time asks whether there is a permit again. */
const CROWD_MS = 250;

/** Characters of a client's hash: 128 bits. */
const CLIENT_HASH_LENGTH = 32;

/** More than any lease; see `leaseSize`. */
const MAX_WANTED = 16_384;

/** A lease for steady traffic covers this many times what the last one used. */
const HEADROOM = 1.25;

/** The responses of `Sandbox` objects, for as long as this isolate may act on them without asking again. */
export class Admissions {
  readonly #sandboxes: DurableObjectNamespace<SandboxObject>;
  readonly #memories = new BoundedMap<string, Memory>(MAX_MEMORIES);
  /** Refusals that hold for all hostnames of a sandbox, by its id. */
  readonly #limitedSandboxes = new BoundedMap<string, LimitedSandbox>(MAX_MEMORIES);
  /** Names whose object is being asked now, and until when: where a visitor leaves, the end may never be recorded. */
  readonly #asking = new BoundedMap<string, number>(MAX_MEMORIES);
  readonly #shares = new PageShares();
  /** Requests that were refused here as over the limit, by name, until the object is asked about it again. */
  readonly #refused = new BoundedMap<string, { count: number }>(MAX_MEMORIES);

  constructor(sandboxes: DurableObjectNamespace<SandboxObject>) {
    this.#sandboxes = sandboxes;
  }

  /**
   * The decision that the isolate may take by itself, if there is one; it uses up one permit of a lease, or for a page's
   * own request of a share.
   */
  recall(address: PreviewAddress, nowMs: number, page?: Page): Admission | Refusal | undefined {
    const decision = this.#recall(address, nowMs, page);
    if (decision !== undefined && "code" in decision && decision.code === "rate_limited")
      this.#noteRefused(address.name);
    return decision;
  }

  #noteRefused(name: string): void {
    const known = this.#refused.get(name);
    if (known === undefined) this.#refused.set(name, { count: 1 });
    else known.count += 1;
  }

  #recall(address: PreviewAddress, nowMs: number, page?: Page): Admission | Refusal | undefined {
    if (page === undefined) return this.#recallLease(address, nowMs);
    if (page.kind === "own") return this.#recallOwn(address, nowMs, page);
    const decision = this.#recallLease(address, nowMs);
    if (decision !== undefined && "permits" in decision && decision.visits)
      this.#shares.noteNavigation(shareKey(address, page));
    return decision;
  }

  #recallOwn(address: PreviewAddress, nowMs: number, page: Page): Admission | Refusal | undefined {
    const key = shareKey(address, page);
    const refusal = this.#recallRefusal(address, nowMs);
    if (refusal !== undefined && !refusal.visits) return refusal.refusal;
    const admission = this.#shares.take(key, nowMs);
    if (admission !== undefined) return admission;
    if (this.#mayDraw(address, key, nowMs)) {
      const isLimited = refusal !== undefined;
      if (!isLimited || this.#shares.mayAskWhileLimited(address.name, nowMs)) return undefined;
    }
    const decision = this.#recallLease(address, nowMs);
    return decision !== undefined && "code" in decision
      ? this.#shares.explain(key, decision, nowMs)
      : decision;
  }

  /** A refusal that this isolate repeats for the hostname or its sandbox. */
  #recallRefusal(address: PreviewAddress, nowMs: number): Pick<Denial, "refusal" | "visits"> | undefined {
    const memory = this.#memories.get(address.name);
    const isLeased = memory !== undefined && memory.permits > 0 && nowMs < memory.untilMs;
    if (memory?.denial !== undefined && !isLeased && nowMs < memory.deniedUntilMs) return memory.denial;
    const limited = this.#findLimited(address, nowMs);
    return limited && { refusal: limited.refusal, ...(limited.visits && { visits: true }) };
  }

  /** Whether to ask for a share. Where an org has no visits, a page's requests are as all others. */
  #mayDraw({ name }: PreviewAddress, key: string, nowMs: number): boolean {
    const memory = this.#memories.get(name);
    const isOff = memory !== undefined && !memory.response.visits;
    return !isOff && !this.#shares.isPaused(key, nowMs);
  }

  /**
   * The end of an object's response that another request of the same page awaits, if there is one: its share may be for
   * this request, too. It is not an error where there is none in time.
   */
  awaitShare(address: PreviewAddress, nowMs: number, page: Page): Promise<unknown> | undefined {
    const key = shareKey(address, page);
    const asking = this.#shares.findAsking(key, nowMs);
    if (asking === undefined || !this.#mayDraw(address, key, nowMs)) return undefined;
    return withTimeout(asking.untilMs - nowMs, asking.done).catch(() => undefined);
  }

  #recallLease(address: PreviewAddress, nowMs: number): Admission | Refusal | undefined {
    const { name } = address;
    const memory = this.#memories.get(name);
    if (memory === undefined) return this.#recallSandbox(address, nowMs);
    if (memory.permits > 0 && nowMs < memory.untilMs) {
      memory.permits -= 1;
      return memory.response as Admission;
    }
    if (memory.denial === undefined) return this.#recallSandbox(address, nowMs);
    if (nowMs < memory.deniedUntilMs) return withTimeLeft(memory.denial.refusal, memory.retryAtMs - nowMs);
    // Many requests for a name that was limited a moment ago: one asks, the others are refused meanwhile.
    const asked = this.#isAsking(name, nowMs) && nowMs < memory.deniedUntilMs + CROWD_MS;
    if (asked && memory.granted <= 1) return withTimeLeft(memory.denial.refusal, 1);
    return this.#recallSandbox(address, nowMs);
  }

  #recallSandbox(address: PreviewAddress, nowMs: number): Refusal | undefined {
    return this.#findLimited(address, nowMs)?.refusal;
  }

  #findLimited({ sandboxId, port, link }: PreviewAddress, nowMs: number): LimitedSandbox | undefined {
    const limited = this.#limitedSandboxes.get(sandboxId);
    if (limited === undefined || nowMs >= limited.untilMs) return undefined;
    const { publicPorts } = limited;
    // A port that is not public must not show that its sandbox exists.
    return publicPorts !== undefined && link === undefined && !isPublicPort(publicPorts, port)
      ? undefined
      : limited;
  }

  #isAsking(name: string, nowMs: number): boolean {
    const untilMs = this.#asking.get(name);
    return untilMs !== undefined && nowMs < untilMs;
  }

  /**
   * Asks the sandbox's object.
   *
   * @throws where the object is overloaded, unreachable, or silent for 5 s; the same request must not ask again
   */
  async ask(address: PreviewAddress, nowMs: number, page?: Page): Promise<Admission | Refusal> {
    const key = page && shareKey(address, page);
    if (page?.kind === "own" && key !== undefined && this.#mayDraw(address, key, nowMs))
      return this.#decide(address, nowMs, 1, page);
    const { name } = address;
    const wanted = this.#demand(name, nowMs);
    this.#asking.set(name, nowMs + ADMIT_TIMEOUT_MS);
    try {
      return await this.#decide(address, nowMs, wanted, page);
    } finally {
      this.#asking.delete(name);
    }
  }

  async #decide(
    address: PreviewAddress,
    nowMs: number,
    wanted: number,
    page: Page | undefined,
  ): Promise<Admission | Refusal> {
    if (page === undefined) {
      const response = await withTimeout(ADMIT_TIMEOUT_MS, this.#call(address, wanted, undefined));
      this.#remember(address, response, nowMs);
      return "refusal" in response ? response.refusal : response;
    }
    const key = shareKey(address, page);
    const called = withTimeout(ADMIT_TIMEOUT_MS, this.#callForPage(address, nowMs, wanted, page));
    const done = called.then((response) => {
      this.#shares.keep(key, response, nowMs);
      this.#remember(address, response, nowMs);
      return response;
    });
    this.#shares.setAsking(key, done, nowMs + ADMIT_TIMEOUT_MS);
    try {
      const response = await done;
      if (!("refusal" in response)) return response;
      return page.kind === "own" ? this.#shares.explain(key, response.refusal, nowMs) : response.refusal;
    } finally {
      this.#shares.clearAsking(key, done);
    }
  }

  /** The hostname was admitted or limited lately: its sandbox exists. */
  isKnown(name: string): boolean {
    const memory = this.#memories.get(name);
    return memory !== undefined && (memory.granted > 0 || memory.denial?.refusal.code === "rate_limited");
  }

  forget(address: PreviewAddress, page?: Page): void {
    this.#memories.delete(address.name);
    if (page !== undefined) this.#shares.forget(shareKey(address, page));
  }

  async #callForPage(
    address: PreviewAddress,
    nowMs: number,
    wanted: number,
    { kind, client }: Page,
  ): Promise<Admission | Denial> {
    const { wanted: wantedOfPage, refills } = this.#shares.demand(
      shareKey(address, { kind, client }),
      kind,
      nowMs,
    );
    const hash = (await sha256Hex(`${address.sandboxId} ${client}`)).slice(0, CLIENT_HASH_LENGTH);
    const page = { kind, client: hash, wanted: wantedOfPage, ...(refills && { refills: true as const }) };
    return this.#call(address, wanted, page);
  }

  async #call(
    { name, sandboxId, port, link }: PreviewAddress,
    wanted: number,
    page: PageAsk | undefined,
  ): Promise<Admission | Denial> {
    const refused = this.#refused.get(name)?.count;
    if (refused !== undefined) this.#refused.delete(name);
    const ask = {
      port,
      wanted,
      ...(link !== undefined && { link }),
      ...(page !== undefined && { page }),
      ...(refused !== undefined && { refused }),
    };
    return await this.#sandboxes.getByName(sandboxId).admit(ask);
  }

  /**
   * How many requests the next response should cover: one at first; twice as many after a lease that was used up in its
   * time; a little more than the last one used after a lease that was not; and one while another request is asking
   * already, so that many first requests at once spend no more than they need.
   */
  #demand(name: string, nowMs: number): number {
    const memory = this.#memories.get(name);
    if (memory === undefined || this.#isAsking(name, nowMs) || nowMs >= memory.untilMs + LEASE_MS) return 1;
    if (memory.permits === 0 && nowMs < memory.untilMs) return Math.min(memory.granted * 2, MAX_WANTED);
    return Math.max(1, Math.ceil((memory.granted - memory.permits) * HEADROOM));
  }

  #remember({ name, sandboxId }: PreviewAddress, response: Admission | Denial, nowMs: number): void {
    if ("refusal" in response && response.forSandbox) {
      this.#limitedSandboxes.set(sandboxId, {
        refusal: response.refusal,
        untilMs: nowMs + response.rememberMs,
        visits: response.visits ?? false,
        publicPorts: response.publicPorts,
      });
      return;
    }
    if ("permits" in response && response.permits === 0) {
      // A share, and no lease. Where visits were off, what is remembered is out of date.
      if (!this.#memories.get(name)?.response.visits) this.#memories.delete(name);
      return;
    }
    const memory = "refusal" in response ? toDenied(response, nowMs) : toLeased(response, nowMs);
    const former = this.#memories.get(name);
    if (
      former !== undefined &&
      former.permits > 0 &&
      former.permits >= memory.permits &&
      nowMs < former.untilMs
    )
      return;
    if (memory.untilMs > nowMs) this.#memories.set(name, memory);
    else this.#memories.delete(name);
  }
}

function toDenied(denial: Denial, nowMs: number): Memory {
  const deniedUntilMs = nowMs + Math.min(denial.rememberMs, MAX_MEMORY_MS);
  return {
    response: denial,
    granted: 0,
    permits: 0,
    untilMs: deniedUntilMs,
    denial,
    retryAtMs: nowMs + denial.rememberMs,
    deniedUntilMs,
  };
}

function toLeased(admission: Admission, nowMs: number): Memory {
  const { permits, afterwards } = admission;
  return {
    response: admission,
    granted: permits,
    permits: permits - 1,
    untilMs: nowMs + LEASE_MS,
    denial: afterwards,
    retryAtMs: nowMs + (afterwards?.rememberMs ?? 0),
    deniedUntilMs: nowMs + Math.min(afterwards?.rememberMs ?? 0, MAX_MEMORY_MS),
  };
}

function withTimeLeft(refusal: Refusal, leftMs: number): Refusal {
  return refusal.retryAfterS === undefined ? refusal : { ...refusal, retryAfterS: Math.ceil(leftMs / 1000) };
}

function shareKey({ name }: PreviewAddress, { client }: Page): string {
  return `${name} ${client}`;
}
