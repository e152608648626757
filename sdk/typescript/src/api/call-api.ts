import type { PandaStackError } from "../errors.ts";
import { errorFor, NetworkError } from "../errors.ts";
import { pause } from "../pause.ts";
import { isLoopback } from "../preview-host.ts";
import { retryDelayMs } from "./retry-delay.ts";
import type { Problem } from "./types.ts";

/** Answers of the API are smaller; a larger one does not come from it. */
const MAX_PROBLEM_LENGTH = 65_536;

export interface ApiCall {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below `/v1`, encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** Makes a POST repeatable. */
  readonly idempotencyKey?: string;
  /** Its body is read as it comes, without a time limit, until the signal aborts. */
  readonly stream?: boolean;
  /** Of one attempt; of a stream's, to the head of the response. */
  readonly timeoutMs: number;
}

export interface ApiAccess {
  readonly apiUrl: string;
  readonly token: string;
  readonly maxRetries: number;
  readonly fetch: typeof fetch;
}

/**
 * Makes a call, and repeats it after 429 and 503, which say that nothing was done. A call that was lost on the way is
 * repeated only where that cannot do it twice.
 *
 * @returns the response, whose body is the caller's to read
 * @throws {PandaStackError} by the problem's code, or the signal's reason
 */
export async function callApi(access: ApiAccess, call: ApiCall): Promise<Response> {
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await tryOnce(access, call);
    if (outcome instanceof Response) return outcome;
    const isRepeatable = call.method !== "POST" || call.idempotencyKey !== undefined;
    const { status } = outcome;
    const again = status === 429 || status === 503 || (status === 0 && isRepeatable);
    const delayMs = again ? retryDelayMs(attempt, outcome.retryAfterS) : undefined;
    if (attempt >= access.maxRetries || delayMs === undefined) throw outcome;
    await pause(delayMs, call.signal);
  }
}

async function tryOnce(access: ApiAccess, call: ApiCall): Promise<Response | PandaStackError> {
  const { signal } = call;
  signal?.throwIfAborted();
  const abort = new AbortController();
  const stop = (): void => abort.abort(signal?.reason);
  signal?.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(() => abort.abort(new Error("timeout")), call.timeoutMs);
  try {
    const response = await access.fetch(urlOf(access.apiUrl, call), {
      method: call.method,
      headers: {
        accept: "application/json, text/event-stream",
        authorization: `Bearer ${access.token}`,
        ...(call.body !== undefined && { "content-type": "application/json" }),
        ...(call.idempotencyKey !== undefined && { "idempotency-key": call.idempotencyKey }),
      },
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
      redirect: "manual",
      signal: abort.signal,
    });
    if (!response.ok) return await readError(response);
    return call.stream || response.status === 204 ? response : new Response(await response.text(), response);
  } catch (cause) {
    signal?.throwIfAborted();
    const reason = abort.signal.aborted ? `no response in ${call.timeoutMs} ms` : describe(cause);
    return new NetworkError(
      `The API at ${access.apiUrl} could not be reached: ${reason}`,
      { code: "network" },
      { cause },
    );
  } finally {
    clearTimeout(timer);
    if (!call.stream) signal?.removeEventListener("abort", stop);
  }
}

/** Node does not resolve `*.localhost` on every system; they lead to this machine (RFC 6761, section 6.3). */
function urlOf(apiUrl: string, { path, query = {} }: ApiCall): string {
  const url = new URL(`${apiUrl.replace(/\/$/, "")}/v1${path}`);
  if (url.protocol === "http:" && isLoopback(url.hostname) && url.hostname !== "[::1]")
    url.hostname = "127.0.0.1";
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url.href;
}

async function readError(response: Response): Promise<PandaStackError> {
  const retryAfter = Number(response.headers.get("retry-after") ?? "");
  const text = await response.text().catch(() => "");
  let problem: Partial<Problem> = {};
  try {
    if (text.length <= MAX_PROBLEM_LENGTH) problem = Object(JSON.parse(text)) as Partial<Problem>;
  } catch {
    // Something between here and the API has answered in its place; the status says what is known.
  }
  return errorFor(response.status, problem, retryAfter > 0 ? retryAfter : undefined);
}

/** fetch hides what has happened in the cause. */
function describe(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string; code?: string } };
  return cause?.message || cause?.code || message || String(error);
}
