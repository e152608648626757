import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from "jose";
import { vi } from "vitest";
import { PassVerifier } from "../../connector/pass-verifier.ts";
import type { Generation } from "../../shared/generation.ts";
import { createGeneration as newGeneration } from "../../shared/generation.ts";
import { PASS_HEADER } from "../../shared/protocol/headers.ts";
import { isRefusal } from "../../shared/refusal/refusal.ts";
import type { Environment } from "../../worker/environment.ts";
import worker from "../../worker/main.ts";

export const API = "https://api.example.com";
export const ADMIN_TOKEN = "admin-token";
export const environment = env as unknown as Environment;

export interface Asked {
  readonly method?: string;
  readonly token?: string;
  /** Sent as JSON, unless it is text. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** A request as Cloudflare hands it to the Worker. */
export function ask(url: string, asked: Asked = {}, to: Environment = environment): Promise<Response> {
  const { method = "GET", token, body, headers } = asked;
  const request = new Request(url, {
    method,
    headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    redirect: "manual",
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return worker.fetch(request as Parameters<typeof worker.fetch>[0], to, createExecutionContext());
}

/** What an isolate that has just started knows: nothing. */
export function freshIsolate(changes: Partial<Environment> = {}): Environment {
  return { ...environment, ...changes };
}

/** An environment whose object calls are counted by the name of what they call. */
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
  const { SANDBOX, WORKSPACE, HOST, POLICY } = environment;
  const isolate = freshIsolate({
    SANDBOX: count("SANDBOX", SANDBOX),
    WORKSPACE: count("WORKSPACE", WORKSPACE),
    HOST: count("HOST", HOST),
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

export interface HostCall {
  readonly sandbox_id: string;
  readonly generation: string;
  readonly workspace?: string;
  readonly ports?: readonly number[];
}

/** A host's connector as the edge sees it: it verifies passes as the real one does, and knows only its own guests. */
export class FakeHost {
  readonly id = `host-${crypto.randomUUID().slice(0, 8)}`;
  readonly origin = `https://${this.id}.test`;
  /** Sandbox to generation: what a guest table holds. */
  readonly guests = new Map<string, string>();
  readonly requests: Request[] = [];
  /** What the edge has withdrawn. */
  readonly revocations: unknown[] = [];
  /** It hears calls for itself, and not only for its guests. */
  listens = true;
  #key: CryptoKey | undefined;
  #passes: PassVerifier | undefined;

  async enrol(): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair("EdDSA", { extractable: true });
    const { kty, crv, x } = await exportJWK(publicKey);
    this.#key = privateKey;
    const body = { origin: `${this.origin}/`, public_key: { kty, crv, x } };
    const answer = await ask(`${API}/v1/admin/hosts/${this.id}`, { method: "PUT", token: ADMIN_TOKEN, body });
    if (!answer.ok) throw new Error(await answer.text());
    const jwks = await (await ask(`${API}/.well-known/jwks.json`)).json();
    this.#passes = new PassVerifier(this.id, createLocalJWKSet(jwks as { keys: [] }));
  }

  async sign(issuer = this.id, audience = "preview-edge"): Promise<string> {
    const nowS = Math.floor(Date.now() / 1000);
    return new SignJWT()
      .setProtectedHeader({ alg: "EdDSA" })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + 60)
      .sign(this.#key as CryptoKey);
  }

  async tell(verb: string, body: unknown): Promise<Response> {
    return ask(`${API}/v1/hosts/${this.id}/${verb}`, { method: "POST", token: await this.sign(), body });
  }

  async attach(
    workspace: string,
    sandboxId: string,
    generation: string,
    ports: number[] = [],
  ): Promise<Response> {
    const answer = await this.tell("attach", { sandbox_id: sandboxId, workspace, generation, ports });
    if (answer.ok) this.guests.set(sandboxId, generation);
    return answer;
  }

  async detach(sandboxId: string, generation: string): Promise<Response> {
    this.guests.delete(sandboxId);
    return this.tell("detach", { sandbox_id: sandboxId, generation });
  }

  /** What the app in a guest would see, or the connector's own refusal. */
  async answer(request: Request): Promise<Response> {
    this.requests.push(request);
    const jwt = request.headers.get(PASS_HEADER) ?? undefined;
    const pass = await this.#passes?.verify(jwt, Date.now());
    if (pass === undefined || isRefusal(pass)) return refused(403, "pass_invalid");
    if (pass.kind === "host") return this.#hear(request);
    if (this.guests.get(pass.sandboxId) !== pass.generation) return refused(421, "guest_not_here");
    const { kind: _kind, ...claims } = pass;
    return Response.json({ ...claims, path: new URL(request.url).pathname, body: await request.text() });
  }

  async #hear(request: Request): Promise<Response> {
    if (!this.listens) return new Response(null, { status: 503 });
    this.revocations.push(await request.json());
    return Response.json({ cut: 0 });
  }
}

function refused(status: number, code: string): Response {
  return new Response(code, { status, headers: { "preview-error": code } });
}

/** Routes what the Worker fetches to these hosts; anybody else's name does not resolve. */
export function connect(...hosts: FakeHost[]): void {
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => {
    const request = new Request(input as Request, init as RequestInit);
    const host = hosts.find(({ origin }) => origin === new URL(request.url).origin);
    if (host === undefined) return Promise.reject(new TypeError("network connection lost"));
    return host.answer(request) as Promise<never>;
  });
}

export function createGeneration(startMs = Date.now()): Generation {
  return newGeneration(startMs);
}

/** An org with a workspace, an API token and a host, none of which anybody else uses. */
export class Deployment {
  readonly org = `org-${crypto.randomUUID().slice(0, 8)}`;
  readonly workspace = `ws-${crypto.randomUUID().slice(0, 8)}`;
  readonly host = new FakeHost();
  token = "";

  static async create(rateLimit?: { per_second: number; burst: number }): Promise<Deployment> {
    const deployment = new Deployment();
    await deployment.#admin("PUT", `orgs/${deployment.org}`, { name: "Org", rate_limit: rateLimit });
    deployment.token = await deployment.createWorkspace(deployment.workspace);
    await deployment.host.enrol();
    connect(deployment.host);
    return deployment;
  }

  /** @returns an API token of the new workspace */
  async createWorkspace(workspace: string): Promise<string> {
    await this.#admin("PUT", `workspaces/${workspace}`, { org: this.org });
    const { token } = await this.#admin("POST", `workspaces/${workspace}/tokens`, { name: "test" });
    return token ?? "";
  }

  /** Attaches a new sandbox. */
  async launch(ports: number[] = []): Promise<{ id: string; generation: Generation }> {
    const id = crypto.randomUUID();
    const generation = createGeneration();
    const answer = await this.host.attach(this.workspace, id, generation, ports);
    if (!answer.ok) throw new Error(await answer.text());
    return { id, generation };
  }

  call(method: string, path: string, body?: unknown, token = this.token): Promise<Response> {
    return ask(`${API}/v1/${path}`, { method, token, body });
  }

  /** Mints a link. */
  async link(id: string, body: Record<string, unknown>): Promise<{ url: string; token: string }> {
    const answer = await this.call("POST", `sandboxes/${id}/preview-token`, body);
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  }

  async #admin(method: string, path: string, body: unknown): Promise<{ token?: string }> {
    const answer = await ask(`${API}/v1/admin/${path}`, { method, token: ADMIN_TOKEN, body });
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  }
}
