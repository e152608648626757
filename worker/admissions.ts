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

  constructor(sandboxes: DurableObjectNamespace<Sandbox>) {
    this.#sandboxes = sandboxes;
  }

  /** Costs no object call while a lease or a remembered refusal lasts, else exactly one. */
  async admit(address: PreviewAddress, nowMs: number): Promise<Admission | Refusal> {
    const known = this.#recall(address.name, nowMs);
    if (known !== undefined) return known;
    const ask: AdmitAsk =
      address.link === undefined ? { port: address.port } : { port: address.port, link: address.link };
    const answer: Admission | Denial = await this.#sandboxes.getByName(address.sandboxId).admit(ask);
    this.#remember(address.name, answer, nowMs);
    return "refusal" in answer ? answer.refusal : answer;
  }

  forget(name: string): void {
    this.#memories.delete(name);
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

  #remember(name: string, answer: Admission | Denial, nowMs: number): void {
    const memoryMs = "refusal" in answer ? Math.min(answer.rememberMs, MAX_MEMORY_MS) : LEASE_MS;
    const tokens = "refusal" in answer ? 0 : answer.tokens - 1;
    this.#memories.delete(name);
    if (memoryMs <= 0 || (tokens === 0 && !("refusal" in answer))) return;
    const retryAtMs = nowMs + ("refusal" in answer ? answer.rememberMs : 0);
    this.#memories.set(name, { answer, untilMs: nowMs + memoryMs, retryAtMs, tokens });
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
