import { setTimeout } from "node:timers/promises";
import { StartError } from "../start-error.ts";

/** For how long one call may be refused with 429 or 503. */
export const MAX_WAIT_MS = 30_000;
const MIN_PAUSE_MS = 100;
const DEFAULT_PAUSE_MS = 1_000;
/** Over a limit, or not ready: `retry-after` has the time until then. */
const LATER: ReadonlySet<number> = new Set([429, 503]);

/** The API refused a call of the start. */
export class ApiError extends StartError {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Calls the edge's API, to set the local system up. Waits where the API asks for it. */
export class ApiClient {
  readonly #base: string;
  readonly #token: string;
  readonly #maxWaitMs: number;

  constructor(base: string, token: string, maxWaitMs = MAX_WAIT_MS) {
    this.#base = base;
    this.#token = token;
    this.#maxWaitMs = maxWaitMs;
  }

  /** Whether the API accepts the call; `false` where it knows the token not, or not any more. */
  async isAllowed(method: string, path: string): Promise<boolean> {
    try {
      await this.call(method, path);
      return true;
    } catch (error) {
      if (error instanceof ApiError && [401, 403, 404].includes(error.status)) return false;
      throw error;
    }
  }

  /** @throws {ApiError} with the status and the body of any response but 2xx, and where there is none */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const untilMs = Date.now() + this.#maxWaitMs;
    for (;;) {
      const response = await this.#fetch(method, path, body);
      const text = await response.text();
      if (response.ok) return JSON.parse(text) as T;
      const pauseMs = readPauseMs(response);
      if (!LATER.has(response.status) || Date.now() + pauseMs > untilMs)
        throw new ApiError(response.status, `The edge refused ${method} ${path}: ${response.status} ${text}`);
      await setTimeout(pauseMs);
    }
  }

  async #fetch(method: string, path: string, body: unknown): Promise<Response> {
    try {
      return await fetch(this.#base + path, {
        method,
        headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch (error) {
      const { cause } = error as { cause?: NodeJS.ErrnoException };
      throw new ApiError(0, `The edge at ${this.#base} does not answer: ${cause?.code ?? error}`);
    }
  }
}

function readPauseMs({ headers }: Response): number {
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.max(seconds * 1000, MIN_PAUSE_MS) : DEFAULT_PAUSE_MS;
}
