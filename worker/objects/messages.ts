import type { Generation } from "../../shared/generation.ts";
import type { RateLimit } from "../../shared/limit/gcra.ts";
import type { Quota } from "../../shared/limit/rate-limit-fields.ts";
import type { UnverifiedLink } from "../../shared/link/link-token.ts";
import type { GuestStart } from "../../shared/protocol/host-api.ts";
import type { HostPublicKey } from "../../shared/protocol/host-token.ts";
import type { Refusal } from "../../shared/refusal/refusal.ts";
import type { SigningKeys } from "./signing-keys.ts";

/**
 * What is said to and by the Durable Objects: the calls of each class, and what they carry. Values are copied on their
 * way (structured clone).
 */

/** One sandbox's object, named by the sandbox's id. */
export interface SandboxObject extends Rpc.DurableObjectBranded {
  /** Decides about the next requests for one preview hostname of this sandbox. */
  admit(ask: AdmitAsk): Promise<Admission | Denial>;
  /** @returns `conflict` for a generation that has ended or was overtaken, `forbidden` for another workspace's sandbox */
  attach(id: string, offer: AttachOffer): Refusal | undefined;
  /** Ends the route if it still is that host's generation. @returns whether there was one to end */
  detach(hostId: string, generation: Generation): boolean;
  /** @returns `conflict` where that generation is not the current one */
  reportPorts(hostId: string, generation: Generation, ports: readonly number[]): Refusal | undefined;
  /** The host is silent, is back, or has another address. */
  applyHostState(state: HostState): void;
  /** New signing keys or a changed limit, from the workspace that owns the sandbox. */
  applyWorkspaceState(state: WorkspaceState): void;
  /** Records what the edge started the sandbox from. */
  setTemplate(template: string): void;
  /** @returns `sandbox_not_found` for another workspace's sandbox, too */
  describe(workspace: string): SandboxDescription | Refusal;
  mintLink(ask: MintAsk): Promise<MintedLink | Refusal>;
  /** Does nothing to a link that has expired. @returns `not_found` for what is no link of this sandbox */
  revokeLink(workspace: string, token: string): Promise<Refusal | undefined>;
}

/** One workspace's object, named by the workspace's id. */
export interface WorkspaceObject extends Rpc.DurableObjectBranded {
  /** Creates the workspace, or does nothing if it is already that org's. */
  create(org: string): Refusal | undefined;
  readOrg(): string | undefined;
  /** Lists a sandbox as the workspace's, before its route exists. */
  addSandbox(id: string, sandboxId: string, generation: Generation): Promise<SandboxMembership | Refusal>;
  /** Does nothing where a newer generation was added meanwhile. */
  removeSandbox(sandboxId: string, generation: Generation): void;
  /** @param after an id, or "" for the first page */
  listSandboxes(after: string, limit: number): string[];
  /** Refuses an API token from now on, which KV may still return for a minute. */
  revokeToken(apiTokenId: string): void;
  /** Spends one of an API token's calls. @returns what is left of its limit, or `rate_limited` */
  admitCall(apiTokenId: string): Promise<Quota | Refusal>;
  /** Raises the key version; the old one verifies for an overlap, or not at all when it is cut. */
  rotateKeys(cutPrevious: boolean): Promise<SigningKeys | Refusal>;
  useRateLimit(limit: RateLimit): Promise<void>;
}

/** One host's object, named by the host's id. */
export interface HostObject extends Rpc.DurableObjectBranded {
  /** Adds or replaces the record; guests of a host that has moved get its new address. */
  enrol(record: HostRecord): Promise<void>;
  /** From now on the host's calls are refused and no guest is added: what is left can be taken down. */
  retire(): void;
  read(): HostRecord | undefined;
  /** The host, unless it is silent. */
  readReachable(): HostRecord | undefined;
  /** Does nothing where a newer generation is listed. */
  addGuest(guest: HostGuest): void;
  /** The guest, if that generation was announced. */
  findGuest(sandboxId: string, generation: Generation): HostGuest | undefined;
  removeGuest(sandboxId: string, generation: Generation): void;
  listGuests(limit?: number): HostGuest[];
  /**
   * Compares what the host says it has with what it announced.
   *
   * @param takenAtMs the host's clock when it took the list; a guest that started later is not missing from it
   * @returns guests that it no longer has, a part at a time, whose routes the caller takes down before it removes
   *   them, and the ids that it has to announce again
   */
  reconcile(
    guests: readonly GuestStart[],
    takenAtMs: number,
  ): Promise<{ gone: HostGuest[]; missing: string[] }>;
  /** Forgets the host. The caller has taken down its guests' routes. */
  remove(): Promise<void>;
}

/** What an isolate asks before it lets requests for one preview hostname pass. */
export interface AdmitAsk {
  readonly port: number;
  readonly link?: UnverifiedLink;
  /** Requests the response should cover, if the limit allows as many in one lease; without it as many as it allows. */
  readonly wanted?: number;
}

/** The grant, and how many requests it covers. */
export interface Admission {
  readonly hostId: string;
  readonly origin: string;
  readonly generation: Generation;
  /** End of the grant, unix milliseconds; absent where it has none. */
  readonly expiresAtMs?: number;
  /** The only paths a restricted link opens. */
  readonly paths?: readonly string[];
  /** Requests admitted, this one included. */
  readonly permits: number;
  /** The refusal once they are used up, where that is known already. */
  readonly afterwards?: Denial;
}

/** A refusal, and how long the asker may repeat it without asking again. */
export interface Denial {
  readonly refusal: Refusal;
  readonly rememberMs: number;
  /** It holds for every hostname of the sandbox, not only for the one that was asked about. */
  readonly forSandbox?: true;
}

/** What a sandbox's object is told of a guest that its host attaches. */
export interface AttachOffer {
  readonly owner: Owner;
  /** Of the owner's org, as the workspace knows it. */
  readonly limit?: KnownLimit;
  readonly hostId: string;
  readonly origin: string;
  readonly generation: Generation;
  readonly ports: readonly number[];
}

/** Outlives the route, so that a stopped sandbox's links are still told from forged ones. */
export interface Owner {
  readonly workspace: string;
  readonly org: string;
  readonly keys: SigningKeys;
}

/** What an attach takes from the workspace to the sandbox. */
export interface SandboxMembership {
  readonly owner: Owner;
  readonly limit?: KnownLimit;
}

/** A change of an org's limit. */
export interface LimitChange {
  readonly limit: RateLimit;
  /** When it was made, unix milliseconds: an older change does not undo a newer one. */
  readonly changedAtMs: number;
}

/** An org's limit as one object knows it, and may hand it to another. */
export interface KnownLimit extends LimitChange {
  /** Until then KV may still return what held before, unix milliseconds. */
  readonly kvStaleUntilMs: number;
}

/** What a workspace sends its sandboxes when something changes. */
export interface WorkspaceState {
  readonly workspace: string;
  readonly keys: SigningKeys;
  readonly limit?: LimitChange;
}

/** What a host's object sends the sandboxes of its host when something changes. */
export interface HostState {
  readonly hostId: string;
  /** Grows with each change: an older state does not undo a newer one. */
  readonly revision: number;
  readonly down: boolean;
  readonly origin: string;
}

export interface SandboxDescription {
  readonly id: string;
  readonly workspace: string;
  readonly hostId: string;
  readonly generation: Generation;
  readonly ports: readonly number[];
  /** Unix milliseconds. */
  readonly attachedAtMs: number;
  /** Its host has been silent for too long. */
  readonly hostDown: boolean;
  /** What it was started from, where the edge started it. */
  readonly template?: string;
}

export interface MintAsk {
  readonly workspace: string;
  readonly port: number;
  readonly ttlS: number;
  readonly paths?: readonly string[];
}

export interface MintedLink {
  readonly token: string;
  /** Unix milliseconds, whole seconds. */
  readonly expiresAtMs: number;
}

export interface HostRecord {
  readonly id: string;
  /** Base URL of its connector, without a trailing slash. */
  readonly origin: string;
  /** With which the host signs its calls. */
  readonly publicKey: HostPublicKey;
  /** It can start and end sandboxes. */
  readonly launches: boolean;
  /** Unix milliseconds. */
  readonly enrolledAtMs: number;
}

/** A guest that a host announced. */
export interface HostGuest extends GuestStart {
  readonly workspace: string;
}
