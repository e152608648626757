import { BoundedMap } from "../../shared/bounded-map.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import { withTimeout } from "../../shared/with-timeout.ts";
import type { Admission, AdmitAsk, Denial, SandboxObject } from "../objects/messages.ts";

/** One preview hostname's question, and under what name its answer is remembered. */
export interface PreviewAddress extends AdmitAsk {
  readonly name: string;
  readonly sandboxId: string;
}

/** What one hostname's object said last. */
interface Memory {
  readonly answer: Admission | Denial;
  /** Requests that its lease covers. */
  readonly granted: number;
  /** Of them, not yet used. */
  permits: number;
  /** Until when the lease may be used, or the refusal be repeated. */
  readonly untilMs: number;
  /** What to answer once the lease is used up, and when that ends: its reason, and what is remembered of it. */
  readonly denial: Denial | undefined;
  readonly retryAtMs: number;
  readonly deniedUntilMs: number;
}

/** Hostnames remembered per isolate; the one asked about longest ago goes first. */
const MAX_MEMORIES = 10_000;

/** Nothing that can be revoked is remembered for longer. */
export const MAX_MEMORY_MS = 5_000;

/** A lease is for traffic that is there now: what it has not used by then is lost, and admits nobody. */
export const LEASE_MS = 1_000;

/** An object that does not answer is neither a yes nor a no. */
export const ADMIT_TIMEOUT_MS = 5_000;

/** For so long after a refusal has ended only one request at a time asks whether there is a token again. */
const CROWD_MS = 250;

/** More than any lease; see `leaseSize`. */
const MAX_WANTED = 16_384;

/** A lease for steady traffic is asked to last for a little more than what its time has seen. */
const HEADROOM = 1.25;

/** What this isolate was told by `Sandbox` objects, for as long as it may act on it without asking again. */
export class Admissions {
  readonly #sandboxes: DurableObjectNamespace<SandboxObject>;
  readonly #memories = new BoundedMap<string, Memory>(MAX_MEMORIES);
  /** Names whose object is being asked for a lease now. */
  readonly #asking = new Set<string>();

  constructor(sandboxes: DurableObjectNamespace<SandboxObject>) {
    this.#sandboxes = sandboxes;
  }

  /** Costs no object call while a lease or a remembered refusal lasts, else exactly one. */
  async admit(address: PreviewAddress, nowMs: number): Promise<Admission | Refusal> {
    return this.recall(address.name, nowMs) ?? this.ask(address, nowMs);
  }

  /** The answer that the isolate may give by itself, if there is one; a lease has one request less then. */
  recall(name: string, nowMs: number): Admission | Refusal | undefined {
    const memory = this.#memories.get(name);
    if (memory === undefined) return undefined;
    if (memory.permits > 0 && nowMs < memory.untilMs) {
      memory.permits -= 1;
      return memory.answer as Admission;
    }
    if (memory.denial === undefined) return undefined;
    if (nowMs < memory.deniedUntilMs) return withTimeLeft(memory.denial.refusal, memory.retryAtMs - nowMs);
    // A crowd at a name that was limited a moment ago: one of it asks, the others hear that it is.
    const asked = this.#asking.has(name) && nowMs < memory.deniedUntilMs + CROWD_MS;
    return asked && memory.granted <= 1 ? withTimeLeft(memory.denial.refusal, 1) : undefined;
  }

  /**
   * Asks the sandbox's object.
   *
   * @throws where the object is overloaded, unreachable, or silent for 5 s; nobody must ask again for the same request
   */
  async ask(address: PreviewAddress, nowMs: number): Promise<Admission | Refusal> {
    const { name } = address;
    const wanted = this.#demand(name, nowMs);
    this.#asking.add(name);
    try {
      const answer = await withTimeout(ADMIT_TIMEOUT_MS, this.#call(address, wanted));
      this.#remember(name, answer, nowMs);
      return "refusal" in answer ? answer.refusal : answer;
    } finally {
      this.#asking.delete(name);
    }
  }

  /** It was admitted or limited lately: it exists. */
  isKnown(name: string): boolean {
    const memory = this.#memories.get(name);
    return memory !== undefined && (memory.granted > 0 || memory.denial?.refusal.code === "rate_limited");
  }

  forget(name: string): void {
    this.#memories.delete(name);
  }

  async #call({ sandboxId, port, link }: PreviewAddress, wanted: number): Promise<Admission | Denial> {
    const ask = { port, wanted, ...(link !== undefined && { link }) };
    return await this.#sandboxes.getByName(sandboxId).admit(ask);
  }

  /**
   * How many requests the next answer should cover: one at first; twice as many after a lease that was used up in its
   * time; as many as the last one saw, and some, after one that outlasted its time; and one while another request is
   * asking already, so that a crowd of first requests spends what it needs.
   */
  #demand(name: string, nowMs: number): number {
    const memory = this.#memories.get(name);
    if (memory === undefined || this.#asking.has(name) || nowMs >= memory.untilMs + LEASE_MS) return 1;
    if (memory.permits === 0 && nowMs < memory.untilMs) return Math.min(memory.granted * 2, MAX_WANTED);
    return Math.max(1, Math.ceil((memory.granted - memory.permits) * HEADROOM));
  }

  #remember(name: string, answer: Admission | Denial, nowMs: number): void {
    const memory = "refusal" in answer ? toDenied(answer, nowMs) : toLeased(answer, nowMs);
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
    answer: denial,
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
    answer: admission,
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
