import { checkInteger, checkText } from "../checks.ts";
import { ConfigurationError } from "../errors.ts";
import { checkPreviewHost } from "../preview-host.ts";
import type { ApiCall } from "./call-api.ts";
import { callApi } from "./call-api.ts";

const DEFAULT_API_URL = "https://api.pandastack.ai";
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_RETRIES = 3;

export interface ClientOptions {
  /** `PANDASTACK_API_URL` if not given, else `https://api.pandastack.ai`. */
  readonly apiUrl?: string | undefined;
  /** An API token; `PANDASTACK_API_KEY` if not given. */
  readonly token?: string | undefined;
  /** What stands after `{port}-{sandboxId}.` in preview URLs; derived from `apiUrl` if not given. */
  readonly previewHost?: string | undefined;
  /** Of one attempt; 30 000 if not given. */
  readonly timeoutMs?: number;
  /** After 429, 503 and lost connections; 3 if not given. */
  readonly maxRetries?: number;
  readonly fetch?: typeof fetch;
}

/** Calls of the API with one token. */
export class ApiClient {
  readonly apiUrl: string;
  previewHost: string | undefined;
  /** Private, so that printing a client does not show it. */
  readonly #token: string | undefined;
  readonly #timeoutMs: number;
  readonly #maxRetries: number;
  readonly #fetch: typeof fetch;

  /** @throws {TypeError} or {RangeError} naming the wrong option */
  constructor(options: ClientOptions = {}) {
    const apiUrl = options.apiUrl ?? environment("PANDASTACK_API_URL") ?? DEFAULT_API_URL;
    checkText(
      "apiUrl",
      apiUrl,
      /^https?:\/\/[^\s/@?#]+(\/[^\s?#]*)?$/,
      "an http or https URL without a user",
    );
    const token = options.token ?? environment("PANDASTACK_API_KEY");
    if (token !== undefined) checkText("token", token, /^[!-~]+$/, "a text without spaces");
    if (options.previewHost !== undefined) checkPreviewHost(options.previewHost);
    const { timeoutMs = DEFAULT_TIMEOUT_MS, maxRetries = DEFAULT_RETRIES } = options;
    checkInteger("timeoutMs", timeoutMs, 1, 600_000);
    checkInteger("maxRetries", maxRetries, 0, 10);
    this.apiUrl = apiUrl.replace(/\/+$/, "");
    this.previewHost = options.previewHost;
    this.#token = token;
    this.#timeoutMs = timeoutMs;
    this.#maxRetries = maxRetries;
    this.#fetch = options.fetch ?? ((...call) => fetch(...call));
  }

  /**
   * Makes a call of the API, as the other methods do.
   *
   * @throws {PandaStackError}
   */
  async request(call: Omit<ApiCall, "timeoutMs"> & { readonly timeoutMs?: number }): Promise<Response> {
    const token = this.#token;
    if (token === undefined) {
      throw new ConfigurationError("No API token: set PANDASTACK_API_KEY, or pass `token` to the client.", {
        code: "token_missing",
      });
    }
    const access = { apiUrl: this.apiUrl, token, maxRetries: this.#maxRetries, fetch: this.#fetch };
    return callApi(access, { ...call, timeoutMs: call.timeoutMs ?? this.#timeoutMs });
  }
}

function environment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.[name] || undefined;
}
