import type { CryptoKey as JoseKey } from "jose";
import type { AttachBody, HostApiVerb, PortReportBody } from "../../shared/protocol/host-api.ts";
import { decodeMissing, encodeGuest, encodeHeartbeat, hostApiPath } from "../../shared/protocol/host-api.ts";
import { signHostToken } from "../../shared/protocol/host-token.ts";
import type { Guest } from "../guests/guest.ts";
import { readProblemDetail } from "./read-problem-detail.ts";

const CALL_TIMEOUT_MS = 10_000;

/** The edge refused a call, or did not respond. */
export class EdgeError extends Error {
  override readonly name = "EdgeError";
  /** HTTP status; 0 where there was no response. */
  readonly status: number;

  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }

  /** A repeated call may succeed: there was no response, or a response of a passing kind. */
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
    const { ports, record } = guest;
    const body: AttachBody = { ...encodeGuest(guest), workspace: record.workspace, ports };
    await this.#call("attach", body);
  }

  async detach(guest: Guest): Promise<void> {
    await this.#call("detach", encodeGuest(guest));
  }

  async reportPorts(guest: Guest): Promise<void> {
    const body: PortReportBody = { ...encodeGuest(guest), ports: guest.ports };
    await this.#call("ports", body);
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
    const detail = await readProblemDetail(response);
    throw new EdgeError(`the edge refused ${verb} with ${response.status}: ${detail}`, response.status);
  }
}
