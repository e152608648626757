import type { Refusal } from "../shared/refusal.ts";
import type { Admission, AdmitAsk, Denial, Sandbox } from "./objects/sandbox.ts";

/** One preview hostname's question, and under what name its answer is remembered. */
export interface PreviewAddress extends AdmitAsk {
  readonly name: string;
  readonly sandboxId: string;
}

interface Memory {
  readonly answer: Admission | Denial;
  readonly untilMs: number;
  /** When a refusal's reason ends, which may be later than what is remembered. */
  readonly retryAtMs: number;
  /** Requests that its lease was asked to cover. */
  readonly wanted: number;
  tokens: number;
}

/** Hostnames remembered per isolate; the one asked about longest ago goes first. */
const MAX_MEMORIES = 10_000;

/** Nothing that can be revoked is remembered for longer. */
export const MAX_MEMORY_MS = 5_000;

/** A lease is for traffic that is there now: what it has not used by then is lost, and admits nobody. */
const LEASE_MS = 1_000;

/** What this isolate was told by `Sandbox` objects, for as long as it may act on it without asking again. */
export class Admissions {
  readonly #sandboxes: DurableObjectNamespace<Sandbox>;
  readonly #memories = new Map<string, Memory>();
  /** Names whose object is being asked for a lease now. */
  readonly #asking = new Set<string>();

  constructor(sandboxes: DurableObjectNamespace<Sandbox>) {
    this.#sandboxes = sandboxes;
  }

  /** Costs no object call while a lease or a remembered refusal lasts, else exactly one. */
  async admit(address: PreviewAddress, nowMs: number): Promise<Admission | Refusal> {
    const known = this.#recall(address.name, nowMs);
    if (known !== undefined) return known;
    const wanted = this.#demand(address.name);
    const answer = await this.#ask(address, wanted);
    this.#remember(address.name, answer, wanted, nowMs);
    return "refusal" in answer ? answer.refusal : answer;
  }

  forget(name: string): void {
    this.#memories.delete(name);
  }

  /**
   * How many requests the next answer should cover: one at first, twice as many after a lease that was used up in its
   * time, and one while another request is asking already, so that a crowd of first requests spends what it needs.
   */
  #demand(name: string): number {
    const memory = this.#memories.get(name);
    return memory === undefined || this.#asking.has(name) ? 1 : memory.wanted * 2;
  }

  async #ask({ name, sandboxId, port, link }: PreviewAddress, wanted: number): Promise<Admission | Denial> {
    this.#asking.add(name);
    try {
      const ask = { port, wanted, ...(link !== undefined && { link }) };
      return await this.#sandboxes.getByName(sandboxId).admit(ask);
    } finally {
      this.#asking.delete(name);
    }
  }

  #recall(name: string, nowMs: number): Admission | Refusal | undefined {
    const memory = this.#memories.get(name);
    if (memory === undefined) return undefined;
    if (nowMs >= memory.untilMs) {
      this.#memories.delete(name);
      return undefined;
    }
    if ("refusal" in memory.answer) return withTimeLeft(memory.answer.refusal, memory.retryAtMs - nowMs);
    if (memory.tokens === 0) return undefined;
    memory.tokens -= 1;
    return memory.answer;
  }

  #remember(name: string, answer: Admission | Denial, wanted: number, nowMs: number): void {
    if ("refusal" in answer) {
      const untilMs = nowMs + Math.min(answer.rememberMs, MAX_MEMORY_MS);
      this.#memories.delete(name);
      if (answer.rememberMs <= 0) return;
      this.#memories.set(name, {
        answer,
        untilMs,
        retryAtMs: nowMs + answer.rememberMs,
        wanted: 1,
        tokens: 0,
      });
    } else {
      const former = this.#memories.get(name);
      if (former !== undefined && former.tokens >= answer.tokens) return;
      this.#memories.delete(name);
      this.#memories.set(name, {
        answer,
        untilMs: nowMs + LEASE_MS,
        retryAtMs: 0,
        wanted,
        tokens: answer.tokens - 1,
      });
    }
    if (this.#memories.size > MAX_MEMORIES) this.#forgetOldest();
  }

  #forgetOldest(): void {
    for (const name of this.#memories.keys()) {
      this.#memories.delete(name);
      return;
    }
  }
}

function withTimeLeft(refusal: Refusal, leftMs: number): Refusal {
  return refusal.retryAfterS === undefined ? refusal : { ...refusal, retryAfterS: Math.ceil(leftMs / 1000) };
}
