import { ERROR_HEADER } from "../../shared/protocol/headers.ts";
import type { EdgeModules } from "../platform/edge-modules.ts";

/** A request id whose draw is as high as it can be: the request is logged only if each one of its kind is. */
const LAST_DRAW = "ffffffff-ffff-4fff-bfff-ffffffffffff";

/** Lines of the log by how they came about. */
export interface LogCounts {
  readonly requests: number;
  readonly refused: number;
  /** Refusals that write a line each, whatever the sample rate. */
  readonly alwaysLogged: number;
  /** Lines that are not about one request, such as `host_silent`. */
  readonly others: number;
}

/** Counts the lines that the edge writes, by its own rule for which requests have one. */
export class LogLines {
  readonly #modules: Pick<EdgeModules, "reportWeight">;
  readonly #sampleRate: number;
  readonly #alwaysLogged = new Map<string, boolean>();
  #counts = { requests: 0, refused: 0, alwaysLogged: 0, others: 0 };

  constructor(modules: Pick<EdgeModules, "reportWeight">, sampleRate: number) {
    this.#modules = modules;
    this.#sampleRate = sampleRate;
  }

  get counts(): LogCounts {
    return this.#counts;
  }

  /**
   * @param code of the refusal
   * @param asked whether the sandbox's object was asked
   */
  countRequest(code: string | undefined, asked: boolean): void {
    this.#counts.requests += 1;
    if (code === undefined) return;
    this.#counts.refused += 1;
    if (this.#isAlwaysLogged(code, asked)) this.#counts.alwaysLogged += 1;
  }

  countOther(): void {
    this.#counts.others += 1;
  }

  restart(): void {
    this.#counts = { requests: 0, refused: 0, alwaysLogged: 0, others: 0 };
  }

  #isAlwaysLogged(code: string, asked: boolean): boolean {
    const key = `${code} ${asked}`;
    let always = this.#alwaysLogged.get(key);
    if (always === undefined) {
      const record = { requestId: LAST_DRAW, asked, repeated: !asked };
      const response = new Response(null, { headers: { [ERROR_HEADER]: code } });
      always = this.#modules.reportWeight(record, response, this.#sampleRate) > 0;
      this.#alwaysLogged.set(key, always);
    }
    return always;
  }
}

/**
 * Lines that are written on average.
 *
 * @returns `expected` by the edge's own rule; `least` if refusals were sampled as all other requests are, and `most` if
 *   each refusal wrote a line
 */
export function estimateLogLines(
  { requests, refused, alwaysLogged, others }: LogCounts,
  sampleRate: number,
): { least: number; expected: number; most: number } {
  const lines = (always: number) => (requests - always) * sampleRate + always + others;
  return { least: lines(0), expected: lines(alwaysLogged), most: lines(refused) };
}
