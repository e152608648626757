import type { CryptoKey as JoseKey } from "jose";
import { SignJWT } from "jose";
import { HOST_TOKEN_AUDIENCE, HOST_TOKEN_MAX_LIFETIME_S, PASS_ALGORITHM } from "../../shared/pass.ts";
import type { Guest } from "../guests/guest.ts";

const CALL_TIMEOUT_MS = 10_000;

/** The edge answered "no", or did not answer. */
export class EdgeError extends Error {
  override readonly name = "EdgeError";
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;

  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }

  /** Asking again may help: nobody answered, or a server was in trouble. */
  get passing(): boolean {
    return this.status === 0 || this.status === 401 || this.status === 429 || this.status >= 500;
  }
}

export interface EdgeClientOptions {
  readonly api: string;
  readonly hostId: string;
  readonly key: JoseKey;
}

/** The host's calls to the edge, each signed with the host's own key. */
export class EdgeClient {
  readonly #options: EdgeClientOptions;

  constructor(options: EdgeClientOptions) {
    this.#options = options;
  }

  async attach(guest: Guest): Promise<void> {
    await this.#call("attach", { ...name(guest), workspace: guest.record.workspace, ports: guest.ports });
  }

  async detach(guest: Guest): Promise<void> {
    await this.#call("detach", name(guest));
  }

  async reportPorts(guest: Guest): Promise<void> {
    await this.#call("ports", { ...name(guest), ports: guest.ports });
  }

  /** @returns the ids of sandboxes that the edge has lost and wants announced again */
  async heartbeat(guests: readonly Guest[], takenAtMs: number): Promise<string[]> {
    const answer = await this.#call("heartbeat", { taken_at: takenAtMs, guests: guests.map(name) });
    const { missing } = answer as { missing?: unknown };
    return Array.isArray(missing) ? missing.filter((id) => typeof id === "string") : [];
  }

  async #call(verb: string, body: unknown): Promise<unknown> {
    const { api, hostId } = this.#options;
    let response: Response;
    try {
      response = await fetch(`${api}/v1/hosts/${hostId}/${verb}`, {
        method: "POST",
        headers: { authorization: `Bearer ${await this.#signToken()}`, "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      });
      if (response.ok) return await response.json();
    } catch (error) {
      throw new EdgeError(`the edge at ${api} did not answer ${verb}`, 0, { cause: error });
    }
    throw new EdgeError(await describe(response, verb), response.status);
  }

  #signToken(): Promise<string> {
    return new SignJWT()
      .setProtectedHeader({ alg: PASS_ALGORITHM })
      .setIssuer(this.#options.hostId)
      .setAudience(HOST_TOKEN_AUDIENCE)
      .setIssuedAt()
      .setExpirationTime(`${HOST_TOKEN_MAX_LIFETIME_S}s`)
      .sign(this.#options.key);
  }
}

function name(guest: Guest): { sandbox_id: string; generation: string } {
  return { sandbox_id: guest.sandboxId, generation: guest.generation };
}

async function describe(response: Response, verb: string): Promise<string> {
  const problem = (await response.json().catch(() => undefined)) as { detail?: unknown } | undefined;
  const detail = typeof problem?.detail === "string" ? problem.detail : response.statusText;
  return `the edge refused ${verb} with ${response.status}: ${detail}`;
}
