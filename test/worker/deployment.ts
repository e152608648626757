import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from "jose";
import { vi } from "vitest";
import { PassVerifier } from "../../connector/pass-verifier.ts";
import type { Generation } from "../../shared/generation.ts";
import { createGeneration as newGeneration } from "../../shared/generation.ts";
import { enrolmentPath } from "../../shared/protocol/enrolment.ts";
import { ERROR_HEADER, PASS_HEADER } from "../../shared/protocol/headers.ts";
import type { HostApiVerb } from "../../shared/protocol/host-api.ts";
import { encodeGuest, hostApiPath, JWKS_PATH } from "../../shared/protocol/host-api.ts";
import { ACCESS_PATH, GUESTS_PREFIX, HEALTH_PATH } from "../../shared/protocol/host-calls.ts";
import { signHostToken } from "../../shared/protocol/host-token.ts";
import { isRefusal } from "../../shared/refusal/refusal.ts";
import type { Environment } from "../../worker/environment.ts";
import worker from "../../worker/main.ts";

export const API = "https://api.example.com";
export const ADMIN_TOKEN = "admin-token";
export const environment = env as unknown as Environment;

export interface RequestOptions {
  readonly method?: string;
  readonly token?: string;
  /** Sent as JSON, unless it is text. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** Sends a request to the Worker as Cloudflare does. */
export async function fetchEdge(
  url: string,
  options: RequestOptions = {},
  isolate: Environment = environment,
): Promise<Response> {
  const { method = "GET", token, body, headers } = options;
  const request = new Request(url, {
    method,
    headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    redirect: "manual",
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return worker.fetch(request as Parameters<typeof worker.fetch>[0], isolate, createExecutionContext());
}

/** An environment of an isolate that has just started: the Worker keeps its state by environment. */
export function freshIsolate(changes: Partial<Environment> = {}): Environment {
  return { ...environment, ...changes };
}

/** An environment that records the names of its object and KV calls. */
export function countingIsolate(): { isolate: Environment; calls: string[] } {
  const calls: string[] = [];
  const count = <T extends object>(binding: string, namespace: T): T =>
    new Proxy(namespace, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          calls.push(`${binding}.${String(property)}`);
          return value.apply(target, args);
        };
      },
    });
  const { SANDBOX, WORKSPACE, HOST, ORG, POLICY } = environment;
  const isolate = freshIsolate({
    SANDBOX: count("SANDBOX", SANDBOX),
    WORKSPACE: count("WORKSPACE", WORKSPACE),
    HOST: count("HOST", HOST),
    ORG: count("ORG", ORG),
    POLICY: count("POLICY", POLICY),
  });
  return { isolate, calls };
}

export interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

export async function problemOf(response: Response): Promise<Problem & { status: number }> {
  return { ...((await response.json()) as Problem), status: response.status };
}

/** A host's connector as the edge sees it: it verifies passes as the real one does, and knows only its own guests. */
export class FakeHost {
  readonly id = `host-${crypto.randomUUID().slice(0, 8)}`;
  readonly origin = `https://${this.id}.test`;
  /** Sandbox to generation: the connector's guest table. */
  readonly guests = new Map<string, Generation>();
  readonly requests: Request[] = [];
  /** The bodies of the edge's revocations. */
  readonly revocations: unknown[] = [];
  /** The bodies of the edge's changes of access. */
  readonly accessChanges: unknown[] = [];
  /** No program responds at its address. */
  isAway = false;
  /** The connector that the host runs. */
  instance = `instance-${this.id}`;
  /** It takes the place of another connector of the host. */
  takesOver = false;
  /** `false`: it responds with 503 to calls for the host itself, and still serves its guests. */
  acceptsHostCalls = true;
  #key: CryptoKey | undefined;
  #passes: PassVerifier | undefined;

  /** @param enrolmentToken in place of the admin's */
  async enrol(enrolmentToken?: string): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair("EdDSA", { extractable: true });
    const { kty, crv, x } = await exportJWK(publicKey);
    this.#key = privateKey;
    const body = { origin: `${this.origin}/`, public_key: { kty, crv, x } };
    const path = enrolmentToken === undefined ? `/v1/admin/hosts/${this.id}` : enrolmentPath(this.id);
    const options = { method: "PUT", token: enrolmentToken ?? ADMIN_TOKEN, body };
    await assertOk(await fetchEdge(API + path, options));
    const jwks = await (await fetchEdge(API + JWKS_PATH)).json();
    this.#passes = new PassVerifier(this.id, createLocalJWKSet(jwks as { keys: [] }));
  }

  /** Signs a host token, with this host's key, that names a host. */
  async sign(issuer = this.id): Promise<string> {
    const { instance, takesOver } = this;
    return signHostToken(issuer, this.#key as CryptoKey, Date.now(), { instance, takesOver });
  }

  /** Signs a token that is right but for its audience. */
  async signFor(audience: string): Promise<string> {
    const nowS = Math.floor(Date.now() / 1000);
    return new SignJWT()
      .setProtectedHeader({ alg: "EdDSA" })
      .setIssuer(this.id)
      .setAudience(audience)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + 60)
      .sign(this.#key as CryptoKey);
  }

  async callApi(verb: HostApiVerb, body: unknown): Promise<Response> {
    return fetchEdge(API + hostApiPath(this.id, verb), { method: "POST", token: await this.sign(), body });
  }

  async attach(
    workspace: string,
    sandboxId: string,
    generation: Generation,
    ports: number[] = [],
    more: { access?: string; loopback_ports?: number[] } = {},
  ): Promise<Response> {
    const body = { ...encodeGuest({ sandboxId, generation }), workspace, ports, ...more };
    const response = await this.callApi("attach", body);
    if (response.ok) this.guests.set(sandboxId, generation);
    return response;
  }

  async detach(sandboxId: string, generation: Generation): Promise<Response> {
    this.guests.delete(sandboxId);
    return this.callApi("detach", encodeGuest({ sandboxId, generation }));
  }

  /** The response of the app in a guest, or the connector's own refusal. */
  async respond(request: Request): Promise<Response> {
    this.requests.push(request);
    if (this.isAway) throw new TypeError("network connection lost");
    const jwt = request.headers.get(PASS_HEADER) ?? undefined;
    const pass = await this.#passes?.verify(jwt, Date.now());
    if (pass === undefined || isRefusal(pass)) return refused(403, "pass_invalid");
    if (pass.kind === "host") return this.#respondToHostCall(request);
    if (this.guests.get(pass.sandboxId) !== pass.generation) return refused(421, "guest_not_here");
    const { kind: _kind, ...claims } = pass;
    return Response.json({ ...claims, path: new URL(request.url).pathname, body: await request.text() });
  }

  async #respondToHostCall(request: Request): Promise<Response> {
    if (!this.acceptsHostCalls) return new Response(null, { status: 503 });
    // As a connector of a former release, which has no calls about ports.
    if (new URL(request.url).pathname.startsWith(GUESTS_PREFIX)) return new Response(null, { status: 404 });
    if (new URL(request.url).pathname === HEALTH_PATH) return Response.json({ instance: this.instance });
    const received = new URL(request.url).pathname === ACCESS_PATH ? this.accessChanges : this.revocations;
    received.push(await request.json());
    return Response.json({ cut: 0 });
  }
}

function refused(status: number, code: string): Response {
  return new Response(code, { status, headers: { [ERROR_HEADER]: code } });
}

async function assertOk(response: Response): Promise<Response> {
  if (!response.ok) throw new Error(await response.text());
  return response;
}

/** Leads what the Worker fetches to these hosts; other hostnames do not resolve. */
export function connect(...hosts: FakeHost[]): void {
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => {
    const request = new Request(input as Request, init as RequestInit);
    const host = hosts.find(({ origin }) => origin === new URL(request.url).origin);
    if (host === undefined) return Promise.reject(new TypeError("network connection lost"));
    return host.respond(request) as Promise<never>;
  });
}

export function createGeneration(startMs = Date.now()): Generation {
  return newGeneration(startMs);
}

/** An org with a token, a workspace with an owner's API token, and a host, which no other test uses. */
export class Deployment {
  readonly org = `org-${crypto.randomUUID().slice(0, 8)}`;
  readonly workspace = `ws-${crypto.randomUUID().slice(0, 8)}`;
  readonly host = new FakeHost();
  /** Of the workspace, with the role `owner`. */
  token = "";
  orgToken = "";

  static async create(rateLimit?: { per_second: number; burst: number }): Promise<Deployment> {
    const deployment = new Deployment();
    await deployment.#admin("PUT", `orgs/${deployment.org}`, { name: "Org", rate_limit: rateLimit });
    deployment.orgToken = await deployment.#createToken(`orgs/${deployment.org}`, {});
    deployment.token = await deployment.createWorkspace(deployment.workspace);
    await deployment.host.enrol();
    connect(deployment.host);
    return deployment;
  }

  /** @returns an API token of the new workspace */
  async createWorkspace(workspace: string): Promise<string> {
    await this.#admin("PUT", `workspaces/${workspace}`, { org: this.org });
    return this.createToken({ role: "owner" }, workspace);
  }

  /** @returns an API token of a workspace */
  createToken(members: { role?: string; expires_at?: string }, workspace = this.workspace): Promise<string> {
    return this.#createToken(`workspaces/${workspace}`, members);
  }

  /** Attaches a new sandbox. */
  async attachSandbox(
    ports: number[] = [],
    more: { access?: string; loopback_ports?: number[] } = {},
  ): Promise<{ id: string; generation: Generation }> {
    const id = crypto.randomUUID();
    const generation = createGeneration();
    await assertOk(await this.host.attach(this.workspace, id, generation, ports, more));
    return { id, generation };
  }

  call(method: string, path: string, body?: unknown, token = this.token): Promise<Response> {
    return fetchEdge(`${API}/v1/${path}`, { method, token, body });
  }

  async mintLink(id: string, body: Record<string, unknown>): Promise<{ url: string; token: string }> {
    return (await assertOk(await this.call("POST", `sandboxes/${id}/preview-token`, body))).json();
  }

  async #createToken(owner: string, members: object): Promise<string> {
    const { token } = await this.#admin("POST", `${owner}/tokens`, { name: "test", ...members });
    return token ?? "";
  }

  async #admin(method: string, path: string, body: unknown): Promise<{ token?: string }> {
    const options = { method, token: ADMIN_TOKEN, body };
    return (await assertOk(await fetchEdge(`${API}/v1/admin/${path}`, options))).json();
  }
}
