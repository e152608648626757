import type { CryptoKey as JoseKey } from "jose";
import type {
  AttachBody,
  HeartbeatOutcome,
  HostApiVerb,
  PortReportBody,
} from "../../shared/protocol/host-api.ts";
import {
  decodeHeartbeatOutcome,
  encodeGuest,
  encodeHeartbeat,
  encodeHeartbeatChanges,
  hostApiPath,
} from "../../shared/protocol/host-api.ts";
import type { RefusalCode } from "../../shared/refusal/refusal.ts";
import type { Guest, GuestPorts } from "../guests/guest.ts";
import { USER_AGENT } from "../user-agent.ts";
import { HostTokens } from "./host-tokens.ts";
import type { JsonReply } from "./post-json.ts";
import { postJson } from "./post-json.ts";
import { toProblem } from "./read-problem.ts";
import { SentGuests } from "./sent-guests.ts";

const CALL_TIMEOUT_MS = 10_000;

const REQUEST_INVALID: RefusalCode = "request_invalid";

/** The edge refused a call, or did not respond. */
export class EdgeError extends Error {
  override readonly name = "EdgeError";
  /** HTTP status; 0 where there was no response of the edge. */
  readonly status: number;
  /** The refusal's code, where the edge itself refused. */
  readonly code: string | undefined;

  constructor(
    message: string,
    status: number,
    options?: ErrorOptions & { readonly code?: string | undefined },
  ) {
    super(message, options);
    this.status = status;
    this.code = options?.code;
  }

  /** A repeated call may succeed: there was no response of the edge, or one of a passing kind. */
  get passing(): boolean {
    return this.status === 0 || this.status === 401 || this.status === 429 || this.status >= 500;
  }

  /** The guest has to be announced in a new generation. */
  get generationEnded(): boolean {
    return this.code === ("generation_ended" satisfies RefusalCode);
  }
}

export interface EdgeClientOptions {
  readonly api: string;
  readonly hostId: string;
  readonly key: JoseKey;
  /** Names this connector among those that might have the host's key. */
  readonly instance: string;
  /** It takes the place of another connector of this host that the edge has heard a moment ago. */
  readonly takesOver?: boolean;
}

/** The host's calls to the edge, each signed with the host's own key. */
export class EdgeClient {
  readonly #options: EdgeClientOptions;
  readonly #tokens: HostTokens;
  readonly #sent = new SentGuests();
  #takesOver: boolean;

  constructor(options: EdgeClientOptions) {
    this.#options = options;
    this.#tokens = new HostTokens(options.hostId, options.key);
    this.#takesOver = options.takesOver ?? false;
  }

  async attach(guest: Guest): Promise<void> {
    const { workspace, access } = guest.record;
    const body: AttachBody = {
      ...encodeGuest(guest),
      workspace,
      ...encodePorts(guest.listPorts()),
      ...(access !== undefined && { access }),
    };
    await this.#callWithPorts("attach", body);
  }

  async detach(guest: Guest): Promise<void> {
    await this.#call("detach", encodeGuest(guest));
  }

  async reportPorts(guest: Guest, ports: GuestPorts): Promise<void> {
    const body: PortReportBody = { ...encodeGuest(guest), ...encodePorts(ports) };
    await this.#callWithPorts("ports", body);
  }

  /**
   * Sends what has changed since the last heartbeat, or all guests where the edge does not hold those.
   *
   * @returns the ids of sandboxes that the edge has lost and wants announced again
   */
  async heartbeat(guests: readonly Guest[], takenAtMs: number): Promise<readonly string[]> {
    const outcome =
      (await this.#sendChanges(guests, takenAtMs)) ??
      decodeHeartbeatOutcome(await this.#call("heartbeat", encodeHeartbeat(guests, takenAtMs)));
    this.#sent.note(guests, outcome.revision);
    // Only once: two connectors that both went on taking over would never come to an end.
    this.#takesOver = false;
    return outcome.missing;
  }

  /** @returns `undefined` where the edge needs all guests */
  async #sendChanges(guests: readonly Guest[], takenAtMs: number): Promise<HeartbeatOutcome | undefined> {
    const changes = this.#sent.findChanges(guests);
    if (changes === undefined) return undefined;
    try {
      const response = await this.#call("heartbeat", encodeHeartbeatChanges(changes, takenAtMs));
      const outcome = decodeHeartbeatOutcome(response);
      return outcome.resend ? undefined : outcome;
    } catch (error) {
      if (!(error instanceof EdgeError)) throw error;
      // Without a response the edge may hold either list: its revision shows which one.
      if (error.status !== 0) this.#sent.forget();
      // An edge of a former release.
      if (error.code === REQUEST_INVALID) return undefined;
      throw error;
    }
  }

  /** An edge of a former release refuses the member that it does not know: it gets the call without it. */
  async #callWithPorts(
    verb: "attach" | "ports",
    { loopback_ports: loopback, ...body }: AttachBody | PortReportBody,
  ): Promise<void> {
    if (loopback === undefined) return void (await this.#call(verb, body));
    try {
      await this.#call(verb, { ...body, loopback_ports: loopback });
    } catch (error) {
      if (!(error instanceof EdgeError) || error.code !== REQUEST_INVALID) throw error;
      await this.#call(verb, body);
    }
  }

  async #call(verb: HostApiVerb, body: unknown): Promise<unknown> {
    const { api, hostId, instance } = this.#options;
    const caller = { instance, takesOver: this.#takesOver };
    let reply: JsonReply;
    try {
      reply = await postJson({
        url: api + hostApiPath(hostId, verb),
        headers: {
          authorization: `Bearer ${await this.#tokens.find(caller, Date.now())}`,
          "user-agent": USER_AGENT,
        },
        body,
        timeoutMs: CALL_TIMEOUT_MS,
      });
    } catch (error) {
      throw new EdgeError(`the edge at ${api} did not answer ${verb}`, 0, { cause: error });
    }
    const { status, statusText, value } = reply;
    if (status >= 200 && status < 300) {
      if (value !== undefined) return value;
      throw new EdgeError(`the edge at ${api} did not answer ${verb} with JSON`, 0);
    }
    if (status === 401) this.#tokens.forget();
    const { code, detail } = toProblem(value, statusText);
    // For example a challenge that a rule against bots puts before the edge: the edge has not decided about the call.
    if (code === undefined)
      throw new EdgeError(`${api} responded to ${verb} with ${status}, but not as the edge`, 0);
    throw new EdgeError(`the edge refused ${verb} with ${status}: ${detail}`, status, { code });
  }
}

function encodePorts({ open, loopback }: GuestPorts): Pick<PortReportBody, "ports" | "loopback_ports"> {
  return { ports: [...open], ...(loopback.length > 0 && { loopback_ports: [...loopback] }) };
}
