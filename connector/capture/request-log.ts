import type { CaptureLimits } from "./capture-limits.ts";
import { EXCHANGE_OVERHEAD_BYTES } from "./capture-limits.ts";
import type { CapturedExchange } from "./captured-exchange.ts";

/** The exchanges that are kept of one guest, the oldest first. */
export class RequestLog {
  readonly workspace: string;
  readonly #limits: CaptureLimits;
  readonly #exchanges = new Map<string, CapturedExchange>();
  #bytes = 0;

  constructor(workspace: string, limits: CaptureLimits) {
    this.workspace = workspace;
    this.#limits = limits;
  }

  /** What its exchanges take. */
  get bytes(): number {
    return this.#bytes;
  }

  find(id: string): CapturedExchange | undefined {
    return this.#exchanges.get(id);
  }

  /** Newest first. */
  list(): CapturedExchange[] {
    return [...this.#exchanges.values()].sort((one, other) => (one.id < other.id ? 1 : -1));
  }

  /** Adds an exchange, or replaces it where its end is known now; makes room by forgetting the oldest ones. */
  put(exchange: CapturedExchange): void {
    this.#delete(exchange.id);
    this.#exchanges.set(exchange.id, exchange);
    this.#bytes += sizeOf(exchange);
    while (
      this.#exchanges.size > this.#limits.maxExchanges ||
      this.#bytes > this.#limits.maxKeptBytesPerSandbox
    )
      this.forgetOldest();
  }

  forgetOldest(): void {
    const oldest = this.#exchanges.keys().next().value;
    if (oldest !== undefined) this.#delete(oldest);
  }

  #delete(id: string): void {
    const known = this.#exchanges.get(id);
    if (known === undefined) return;
    this.#exchanges.delete(id);
    this.#bytes -= sizeOf(known);
  }
}

function sizeOf({ requestHead, requestBody, responseHead, responseBody }: CapturedExchange): number {
  const text = requestHead.length + requestBody.kept.length + responseHead.length + responseBody.kept.length;
  return EXCHANGE_OVERHEAD_BYTES + text;
}
