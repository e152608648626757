import type { CryptoKey as JoseKey } from "jose";
import type { HostApiVerb } from "../../shared/protocol/host-api.ts";
import { decodeMissing, encodeGuest, encodeHeartbeat, hostApiPath } from "../../shared/protocol/host-api.ts";
import { signHostToken } from "../../shared/protocol/host-token.ts";
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
    await this.#call("attach", {
      ...encodeGuest(guest),
      workspace: guest.record.workspace,
      ports: guest.ports,
    });
  }

  async detach(guest: Guest): Promise<void> {
    await this.#call("detach", encodeGuest(guest));
  }

  async reportPorts(guest: Guest): Promise<void> {
    await this.#call("ports", { ...encodeGuest(guest), ports: guest.ports });
  }

  /** @returns the ids of sandboxes that the edge has lost and wants announced again */
  async heartbeat(guests: readonly Guest[], takenAtMs: number): Promise<string[]> {
    return decodeMissing(await this.#call("heartbeat", encodeHeartbeat(guests, takenAtMs)));
  }

  async #call(verb: HostApiVerb, body: unknown): Promise<unknown> {
    const { api, hostId, key } = this.#options;
    let response: Response;
    try {
      response = await fetch(api + hostApiPath(hostId, verb), {
        method: "POST",
        headers: {
          authorization: `Bearer ${await signHostToken(hostId, key, Date.now())}`,
          "content-type": "application/json",
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      });
      if (response.ok) return await response.json();
    } catch (error) {
      throw new EdgeError(`the edge at ${api} did not answer ${verb}`, 0, { cause: error });
    }
    throw new EdgeError(await describe(response, verb), response.status);
  }
}

async function describe(response: Response, verb: string): Promise<string> {
  const problem = (await response.json().catch(() => undefined)) as { detail?: unknown } | undefined;
  const detail = typeof problem?.detail === "string" ? problem.detail : response.statusText;
  return `the edge refused ${verb} with ${response.status}: ${detail}`;
}
