import { ApiClient } from "./api/api-client.ts";
import type {
  CreatePreviewTokenBody,
  CreateSandboxBody,
  LoggedRequest,
  PreviewToken,
  ReplayOverrides,
  RequestDetail,
  SandboxInfo,
} from "./api/types.ts";
import { checkInteger, checkOneOf, checkPort, checkSandboxId, checkText } from "./checks.ts";
import { PortTimeoutError } from "./errors.ts";
import { followEvents } from "./follow-events.ts";
import { previewHostOf, previewSuffix, schemeOf } from "./preview-host.ts";
import type { ListOptions } from "./sandbox-list.ts";
import { SandboxList } from "./sandbox-list.ts";
import type { PortChange } from "./watch-ports.ts";
import { watchPorts } from "./watch-ports.ts";

const MAX_TTL_S = 604_800;
const MAX_TIMER_MS = 2_147_483_647;
const ACCESSES = ["public", "private", "off"] as const;

/** Longer than the edge gives a host. */
const CREATE_TIMEOUT_MS = 150_000;
const KILL_TIMEOUT_MS = 90_000;
const REPLAY_TIMEOUT_MS = 60_000;

export interface CaptureOptions {
  /** Also bodies, at most 64 KiB of each. */
  readonly bodies?: boolean;
  /** Fields that are masked beside those that always are. */
  readonly mask?: readonly string[];
}

export interface RequestFilter extends SignalOption {
  readonly port?: number;
  readonly method?: string;
  /** A status, or a class of them: `4xx`. */
  readonly status?: string;
  /** A part of the path or its query. */
  readonly path?: string;
  /** At most 200; 50 if not given. */
  readonly limit?: number;
}

export interface CreateOptions extends CreateSandboxBody, SignalOption {}

export type PortAccess = (typeof ACCESSES)[number];

export interface SignalOption {
  readonly signal?: AbortSignal | undefined;
}

export interface LinkOptions extends SignalOption, Omit<CreatePreviewTokenBody, "port" | "ttl_seconds"> {}

interface ListedPort {
  readonly port: number;
  /** `false` for a port that only has settings; absent from an API of a former release. */
  readonly listening?: boolean;
}

/** A sandbox: its preview URLs, links and ports. */
export class Sandbox {
  readonly id: string;
  /** As the API showed it last; unknown for `client.sandboxes.ref(id)`. */
  readonly info: SandboxInfo | undefined;
  readonly #client: ApiClient;

  constructor(client: ApiClient, id: string, info?: SandboxInfo) {
    checkSandboxId(id);
    this.#client = client;
    this.id = id;
    this.info = info;
  }

  get template(): string | undefined {
    return this.info?.template;
  }

  get status(): string | undefined {
    return this.info?.status;
  }

  /** Starts a sandbox, and waits until it is reachable. A call that is repeated after a failure starts no second one. */
  static async create(
    { signal, ...body }: CreateOptions,
    client: ApiClient = new ApiClient(),
  ): Promise<Sandbox> {
    checkText("template", body.template, /./, "a template's name");
    const idempotencyKey = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
    const call = { method: "POST", path: "/sandboxes", body, idempotencyKey, signal } as const;
    const response = await client.request({ ...call, timeoutMs: CREATE_TIMEOUT_MS });
    return toSandbox(client, await response.json());
  }

  static async get(
    id: string,
    client: ApiClient = new ApiClient(),
    { signal }: SignalOption = {},
  ): Promise<Sandbox> {
    checkSandboxId(id);
    const response = await client.request({ method: "GET", path: `/sandboxes/${id}`, signal });
    return toSandbox(client, await response.json());
  }

  /** All sandboxes, page by page. */
  static list(options: ListOptions = {}, client: ApiClient = new ApiClient()): SandboxList<Sandbox> {
    return new SandboxList(client, options, (info) => toSandbox(client, info));
  }

  /**
   * The public preview URL of a port. No call is made.
   *
   * @throws {RangeError} for a bad port
   */
  previewUrl(port: number): string {
    return `${schemeOf(this.#suffix)}://${this.getHost(port)}`;
  }

  /** The host of the public preview URL, without a scheme. @throws {RangeError} for a bad port */
  getHost(port: number): string {
    return previewHostOf(this.#suffix, this.id, port);
  }

  /** The public preview URL of each port on which a server listens. */
  async previewUrls({ signal }: SignalOption = {}): Promise<Record<number, string>> {
    const response = await this.#client.request({ method: "GET", path: `${this.#path}/ports`, signal });
    const answer = (await response.json()) as { ports?: ListedPort[] } | ListedPort[];
    const ports = Array.isArray(answer) ? answer : (answer.ports ?? []);
    const open = ports.filter(({ listening }) => listening !== false);
    return Object.fromEntries(open.map(({ port }) => [port, this.previewUrl(port)]));
  }

  /**
   * Mints a signed preview URL, which ends by itself.
   *
   * @param ttlSeconds 1 to 604 800
   * @throws {PortClosedError} with `verify`, where no server listens on the port
   * @example
   * ```ts
   * const { url } = await sandbox.signedPreviewUrl(3000, 86_400, { paths: ["/docs"] });
   * ```
   */
  async signedPreviewUrl(port: number, ttlSeconds = 3600, options: LinkOptions = {}): Promise<PreviewToken> {
    checkPort(port);
    checkInteger("ttlSeconds", ttlSeconds, 1, MAX_TTL_S);
    const { signal, ...members } = options;
    if (members.paths !== undefined && !Array.isArray(members.paths))
      throw new TypeError("paths must be an array");
    const body: CreatePreviewTokenBody = { port, ttl_seconds: ttlSeconds, ...members };
    const path = `${this.#path}/preview-token`;
    const response = await this.#client.request({ method: "POST", path, body, signal });
    return (await response.json()) as PreviewToken;
  }

  /** Revokes a link: within 5 seconds it opens nothing, and what is open under it is cut. */
  async revokePreviewUrl(token: string, { signal }: SignalOption = {}): Promise<void> {
    checkText("token", token, /^[a-z2-7]{63}$/i, "a link's token: the 63 characters before the first dot");
    await this.#client.request({ method: "DELETE", path: `${this.#path}/preview-tokens/${token}`, signal });
  }

  /** Sets who reaches a port: anyone, only links, or nobody. */
  async setPortAccess(port: number, access: PortAccess, { signal }: SignalOption = {}): Promise<void> {
    checkPort(port);
    checkOneOf("access", access, ACCESSES);
    const call = { method: "PUT", path: `${this.#path}/ports/${port}`, body: { access }, signal } as const;
    await this.#client.request(call);
  }

  /** The ports that are open, then each change, until the loop is left or the signal aborts. */
  watchPorts({ signal }: SignalOption = {}): AsyncGenerator<PortChange> {
    return watchPorts(this.#client, this.id, { signal });
  }

  /** Has the sandbox's host keep the port's requests, with `bodies` whole; `false` ends that. */
  async setCapture(
    port: number,
    capture: CaptureOptions | false,
    { signal }: SignalOption = {},
  ): Promise<void> {
    checkPort(port);
    const path = `${this.#path}/ports/${port}/capture`;
    await this.#client.request(
      capture === false ? { method: "DELETE", path, signal } : { method: "PUT", path, body: capture, signal },
    );
  }

  /** The last requests that the host has kept, newest first: one page. */
  async requests({ signal, ...query }: RequestFilter = {}): Promise<LoggedRequest[]> {
    const response = await this.#client.request({
      method: "GET",
      path: `${this.#path}/requests`,
      query,
      signal,
    });
    return ((await response.json()) as { requests: LoggedRequest[] }).requests;
  }

  /** One of them with its response; secrets are masked. */
  async request(id: string, { signal }: SignalOption = {}): Promise<RequestDetail> {
    const path = `${this.#path}/requests/${encodeURIComponent(id)}`;
    return (await (await this.#client.request({ method: "GET", path, signal })).json()) as RequestDetail;
  }

  /** Each request when its response has ended, until the loop is left or the signal aborts. */
  async *watchRequests({
    signal,
    port,
  }: SignalOption & { readonly port?: number } = {}): AsyncGenerator<LoggedRequest> {
    const path = `${this.#path}/requests/events`;
    for await (const { event, data } of followEvents(this.#client, path, { port }, signal))
      if (event === "request") yield JSON.parse(data) as LoggedRequest;
  }

  /** Sends a request to the app once more, with what is named changed. Both are returned. */
  async replayRequest(
    id: string,
    { signal, ...body }: ReplayOverrides & SignalOption = {},
  ): Promise<{ original: RequestDetail; replay: RequestDetail }> {
    const path = `${this.#path}/requests/${encodeURIComponent(id)}/replay`;
    const response = await this.#client.request({
      method: "POST",
      path,
      body,
      signal,
      timeoutMs: REPLAY_TIMEOUT_MS,
    });
    return (await response.json()) as { original: RequestDetail; replay: RequestDetail };
  }

  /**
   * Waits until a server listens on the port.
   *
   * @param options.timeoutMs 60 000 if not given
   * @throws {PortTimeoutError} with the ports that are open, or the signal's reason
   */
  async waitForPort(
    port: number,
    { timeoutMs = 60_000, signal }: SignalOption & { readonly timeoutMs?: number } = {},
  ): Promise<void> {
    checkPort(port);
    checkInteger("timeoutMs", timeoutMs, 1, MAX_TIMER_MS);
    const abort = new AbortController();
    const stop = (): void => abort.abort(signal?.reason);
    signal?.throwIfAborted();
    signal?.addEventListener("abort", stop, { once: true });
    const openPorts = new Set<number>();
    const message = `No server listens on port ${port} after ${timeoutMs} ms.`;
    const timer = setTimeout(
      () => abort.abort(new PortTimeoutError(message, { code: "timeout", openPorts: [...openPorts] })),
      timeoutMs,
    );
    try {
      const changes = watchPorts(this.#client, this.id, { signal: abort.signal, dial: port });
      for await (const change of changes) {
        if (change.port === port && change.open) return;
        openPorts[change.open ? "add" : "delete"](change.port);
      }
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      abort.abort();
    }
  }

  /** The URL of a port in the form in which agent frameworks ask for it. */
  async getPortEndpoint({
    port,
    protocol = "http",
  }: {
    readonly port: number;
    readonly protocol?: "http" | "https" | "ws" | "wss";
  }): Promise<{ url: string; headers?: Record<string, string> }> {
    checkOneOf("protocol", protocol, ["http", "https", "ws", "wss"]);
    const url = this.previewUrl(port);
    return { url: protocol.startsWith("ws") ? url.replace(/^http/, "ws") : url };
  }

  /** Ends the sandbox. A repeated call changes nothing. */
  async kill({ signal }: SignalOption = {}): Promise<void> {
    await this.#client.request({ method: "DELETE", path: this.#path, signal, timeoutMs: KILL_TIMEOUT_MS });
  }

  get #path(): string {
    return `/sandboxes/${this.id}`;
  }

  get #suffix(): string {
    return previewSuffix(this.#client.apiUrl, this.#client.previewHost);
  }
}

function toSandbox(client: ApiClient, info: SandboxInfo): Sandbox {
  return new Sandbox(client, info.id, info);
}
